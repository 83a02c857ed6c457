using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Volumes;

/// <summary><c>sealfs volume delete NAME</c>.</summary>
internal static class VolumeDeleteCommand
{
    private static readonly Setting<bool> Force = Setting<bool>.Switch("--force", "Delete also while clients have it open; their sessions are ended.");

    public static Command Build()
    {
        var name = VolumeSettings.NameArgument();
        var command = new DocumentedCommand(
            "delete", "Delete a volume with everything in it. The name is free at once; the nodes purge the data in the background.",
            "sealfs volume delete scratch")
        { name };
        return command.With([Force, .. ManagerConnection.Settings]).Does(invocation => RunAsync(invocation, invocation.Argument(name)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string name)
    {
        using var manager = ManagerConnection.Open(invocation);
        var answer = await manager.DeleteVolumeAsync(name, invocation.Get(Force), invocation.Stop);
        invocation.Print(
            new VolumeDeleted(name, answer.Id, answer.EndedSessions), OutputJson.Default.VolumeDeleted,
            deleted => deleted.EndedSessions == 0 ? $"Deleted volume {deleted.Name}." : $"Deleted volume {deleted.Name}; {deleted.EndedSessions} sessions ended.");
        return ExitCode.Ok;
    }
}
