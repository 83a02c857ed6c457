using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster nodes</c>.</summary>
internal static class ClusterNodesCommand
{
    public static Command Build() => new DocumentedCommand(
            "nodes", "List the storage nodes: whether they live, what they hold, and which are being drained or in maintenance.",
            "sealfs cluster nodes",
            "sealfs cluster nodes --output json")
        .With(ManagerConnection.Settings)
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var manager = ManagerConnection.Open(invocation);
        var nodes = await manager.ListNodesAsync(invocation.Stop);
        invocation.Print([.. nodes.Select(NodeView.Of)], OutputJson.Default.NodeViewArray, Table);
        return ExitCode.Ok;
    }

    private static string Table(NodeView[] nodes)
    {
        if (nodes.Length == 0)
            return "No storage node has registered yet. 'sealfs node' starts one.";
        var now = DateTimeOffset.UtcNow;
        var table = new TextTable(">ID", "NAME", "STATE", "HEALTH", "ADDRESS", ">SHARDS", ">BYTES", ">DATA FREE", ">OF", ">METADATA FREE", ">WEIGHT", "ZONE", "DOING");
        foreach (var node in nodes)
        {
            table.Add(
                $"{node.Id}", node.Name, node.State, node.HealthText.Length > 0 ? $"{node.Health}: {node.HealthText}" : node.Health, node.Address,
                $"{node.PrimaryShards}", ByteSize.Format(node.ShardBytes), ByteSize.Format(node.FreeBytes), ByteSize.Format(node.CapacityBytes),
                ByteSize.Format(node.MetadataFreeBytes), FormattableString.Invariant($"{node.Weight:0.##}"), node.Zone, node.Activity(now));
        }
        return table.ToString();
    }
}
