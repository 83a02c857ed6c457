using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster status</c>.</summary>
internal static class ClusterStatusCommand
{
    public static Command Build() => new DocumentedCommand(
            "status", "Say whether the cluster is well: exit code 0 when it is, 1 when a node or a shard is not available.",
            "sealfs cluster status",
            "sealfs cluster status --manager 10.0.0.5:7400 --output json")
        .With(ManagerConnection.Settings)
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var manager = ManagerConnection.Open(invocation);
        var status = StatusView.Of(await manager.ClusterStatusAsync(invocation.Stop));
        invocation.Print(status, OutputJson.Default.StatusView, Describe);
        return status.Healthy ? ExitCode.Ok : ExitCode.Findings;
    }

    private static string Describe(StatusView status) => $"""
        Cluster {status.ClusterId}: {status.Summary}
          nodes     {status.NodesLive} live, {status.NodesDead} dead, {status.ExpectedNodes} expected
          shards    {status.Shards}, {status.ShardsUnavailable} unavailable, {status.Copies} cop{(status.Copies == 1 ? "y" : "ies")} (map version {status.MapVersion})
          volumes   {status.Volumes}{(status.VolumesDeleting > 0 ? $", {status.VolumesDeleting} being deleted" : "")}
          clients   {status.Sessions}
          capacity  {ByteSize.Format(status.CapacityBytes)}, {ByteSize.Format(status.FreeBytes)} free
          manager   {status.ManagerVersion}, up for {TimeSpan.FromMilliseconds(status.UptimeMs):d\.hh\:mm\:ss}

        """;
}
