using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>The state of a cluster in one look.</summary>
internal sealed record StatusView(
    string ClusterId, bool Healthy, string Summary, string ManagerVersion, ulong UptimeMs, ulong MapVersion, bool MapBuilt, uint Shards, uint ShardsUnavailable,
    uint Copies, uint ExpectedNodes, uint NodesLive, uint NodesDead, uint Volumes, uint VolumesDeleting, uint Sessions, ulong CapacityBytes, ulong FreeBytes,
    MovesView Moves, DrainingNode[] Draining, UnevennessView? Unevenness)
{
    /// <param name="status">What the manager says of the whole.</param>
    /// <param name="nodes">Of each node.</param>
    /// <param name="moves">Of what moves.</param>
    /// <param name="unevenness">Null while there is no map.</param>
    public static StatusView Of(ClusterStatusResponse status, IReadOnlyList<NodeStatus> nodes, ListMovesResponse moves, UnevennessView? unevenness)
    {
        var healthy = status is { MapBuilt: true, NodesDead: 0, ShardsUnavailable: 0 };
        return new(
            status.ClusterId, healthy, Summarize(status), status.ManagerVersion, status.UptimeMs, status.MapVersion, status.MapBuilt, status.ShardCount,
            status.ShardsUnavailable, status.Copies, status.ExpectedNodes, status.NodesLive, status.NodesDead, status.Volumes, status.VolumesDeleting,
            status.Sessions, status.CapacityBytes, status.FreeBytes, MovesView.Of(moves, NamesOf(nodes)),
            [.. nodes.Where(node => node.Drain is not null).Select(node => new DrainingNode(node.Node.Name, DrainView.Of(node.Drain)))], unevenness);
    }

    public static IReadOnlyDictionary<uint, string> NamesOf(IEnumerable<NodeStatus> nodes) => nodes.ToDictionary(node => node.Node.Id, node => node.Node.Name);

    private static string Summarize(ClusterStatusResponse status)
    {
        if (!status.MapBuilt)
            return $"waiting for nodes: {status.NodesLive} of {status.ExpectedNodes} are here";
        if (status.ShardsUnavailable > 0)
            return $"{status.ShardsUnavailable} of {status.ShardCount} shards cannot be reached: {status.NodesDead} node(s) are dead";
        return status.NodesDead > 0 ? $"{status.NodesDead} node(s) are dead" : "all nodes and shards are available";
    }
}
