using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Output;

namespace SealFs.Cli.Volumes;

/// <summary><c>sealfs volume show NAME</c>.</summary>
internal static class VolumeShowCommand
{
    public static Command Build()
    {
        var name = VolumeSettings.NameArgument();
        var command = new DocumentedCommand("show", "Show everything about one volume, and the clients that have it open.", "sealfs volume show photos") { name };
        return command.With(ManagerConnection.Settings).Does(invocation => RunAsync(invocation, invocation.Argument(name)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string name)
    {
        using var manager = ManagerConnection.Open(invocation);
        var volume = await manager.GetVolumeAsync(name, invocation.Stop);
        var sessions = await manager.ListSessionsAsync(name, invocation.Stop);
        var details = new VolumeDetails(VolumeView.Of(volume), [.. sessions.Select(SessionView.Of)]);
        invocation.Print(details, OutputJson.Default.VolumeDetails, Describe);
        return ExitCode.Ok;
    }

    private static string Describe(VolumeDetails details)
    {
        var text = details.Volume.Describe();
        if (details.Clients.Count == 0)
            return text;
        var table = new TextTable("CLIENT", "HOST", "ACCESS", "SINCE", "SESSION");
        foreach (var session in details.Clients)
            table.Add(session.Client, session.Host, session.ReadOnly ? "read-only" : "read-write", $"{session.Opened:yyyy-MM-dd HH:mm:ss}", session.Id);
        return text + "\n" + table;
    }
}
