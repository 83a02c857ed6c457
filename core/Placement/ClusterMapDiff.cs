using System.Collections.Immutable;

namespace SealFs.Core.Placement;

/// <summary>What changed between two versions of one cluster's map.</summary>
/// <param name="BaseVersion">The only version that the difference applies to.</param>
/// <param name="Version">The version that results.</param>
/// <param name="Nodes">Nodes that are new or changed, whole.</param>
/// <param name="RemovedNodes">Nodes that are gone.</param>
/// <param name="Shards">Shards that changed, whole.</param>
public sealed record ClusterMapDiff(
    ulong BaseVersion,
    ulong Version,
    ImmutableArray<ClusterNode> Nodes,
    ImmutableArray<NodeId> RemovedNodes,
    ImmutableArray<KeyValuePair<ShardId, ShardAssignment>> Shards)
{
    /// <exception cref="ArgumentException">The maps are of different clusters.</exception>
    public static ClusterMapDiff Between(ClusterMap before, ClusterMap after)
    {
        if (before.ClusterId != after.ClusterId || before.ShardCount != after.ShardCount)
            throw new ArgumentException("The maps are of different clusters.", nameof(after));
        var shards = ImmutableArray.CreateBuilder<KeyValuePair<ShardId, ShardAssignment>>();
        for (var index = 0; index < after.Shards.Length; index++)
        {
            if (before.Shards[index] != after.Shards[index])
                shards.Add(new(new ShardId((uint)index), after.Shards[index]));
        }
        return new(
            before.Version,
            after.Version,
            [.. after.Nodes.Where(node => before.Node(node.Id) != node)],
            [.. before.Nodes.Select(node => node.Id).Where(id => after.Node(id) is null)],
            shards.ToImmutable());
    }

    /// <summary>The map that results, or null when this difference does not apply to <paramref name="map"/>: then ask for the full map.</summary>
    public ClusterMap? ApplyTo(ClusterMap map)
    {
        if (map.Version != BaseVersion)
            return null;
        var shards = map.Shards.ToArray();
        foreach (var (shard, assignment) in Shards)
        {
            if (shard.Value >= shards.Length)
                return null;
            shards[shard.Value] = assignment;
        }
        var nodes = map.Nodes.ToDictionary(node => node.Id);
        foreach (var id in RemovedNodes)
            nodes.Remove(id);
        foreach (var node in Nodes)
            nodes[node.Id] = node;
        return new(Version, map.ClusterId, nodes.Values, shards);
    }
}
