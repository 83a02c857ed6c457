using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Volumes;

/// <summary><c>sealfs volume list</c>.</summary>
internal static class VolumeListCommand
{
    private static readonly Setting<bool> Deleting = Setting<bool>.Switch("--deleting", "Also list volumes that were deleted and are still being purged.");

    public static Command Build() => new DocumentedCommand(
            "list", "List the volumes with their sizes and usage.",
            "sealfs volume list",
            "sealfs volume list --output json")
        .With([Deleting, .. ManagerConnection.Settings])
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var manager = ManagerConnection.Open(invocation);
        var volumes = await manager.ListVolumesAsync(invocation.Get(Deleting), invocation.Stop);
        invocation.Print([.. volumes.Select(VolumeView.Of)], OutputJson.Default.VolumeViewArray, Table);
        return ExitCode.Ok;
    }

    private static string Table(VolumeView[] volumes)
    {
        if (volumes.Length == 0)
            return "There is no volume yet. 'sealfs volume create NAME' makes one.";
        var table = new TextTable("NAME", ">SIZE", ">USED", ">INODES", ">USED", ">CLIENTS", "STATE");
        foreach (var volume in volumes)
        {
            table.Add(
                volume.Name, VolumeView.Size(volume.SizeBytes), ByteSize.Format(volume.UsedBytes), VolumeView.Count(volume.Inodes),
                $"{volume.UsedInodes}", $"{volume.Sessions}", volume.State);
        }
        return table.ToString();
    }
}
