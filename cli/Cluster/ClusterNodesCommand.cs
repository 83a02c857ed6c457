using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster nodes</c>.</summary>
internal static class ClusterNodesCommand
{
    public static Command Build() => new DocumentedCommand(
            "nodes", "List the storage nodes with their shards and disks.",
            "sealfs cluster nodes")
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
        var table = new TextTable(">ID", "NAME", "STATE", "HEALTH", "ADDRESS", ">SHARDS", ">DATA FREE", ">OF", ">METADATA FREE", "ZONE");
        foreach (var node in nodes)
        {
            table.Add(
                $"{node.Id}", node.Name, node.State, node.HealthText.Length > 0 ? $"{node.Health}: {node.HealthText}" : node.Health, node.Address,
                $"{node.PrimaryShards}", ByteSize.Format(node.FreeBytes), ByteSize.Format(node.CapacityBytes), ByteSize.Format(node.MetadataFreeBytes), node.Zone);
        }
        return table.ToString();
    }
}
