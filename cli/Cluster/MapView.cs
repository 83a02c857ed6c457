using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.Cli.Cluster;

/// <summary>The cluster map as <c>cluster map</c> prints it.</summary>
internal sealed record MapView(ulong Version, string ClusterId, IReadOnlyDictionary<uint, string> Nodes, IReadOnlyList<ShardView> Shards)
{
    public static MapView Of(ClusterMap map)
    {
        var shards = new ShardView[map.ShardCount];
        for (var index = 0; index < shards.Length; index++)
        {
            var (epoch, replicas) = map.Shards[index];
            shards[index] = new ShardView((uint)index, epoch.Value, replicas.Primary.Value, Numbers(replicas.InSync), Numbers(replicas.Learners));
        }
        return new MapView(map.Version, map.ClusterId.ToString(), map.Nodes.ToDictionary(node => (uint)node.Id.Value, node => node.Name), shards);
    }

    private static uint[] Numbers(IEnumerable<NodeId> nodes) => [.. nodes.Select(node => (uint)node.Value)];
}
