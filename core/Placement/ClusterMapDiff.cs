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
        var sameNodes = before.Nodes == after.Nodes;
        return new(
            before.Version,
            after.Version,
            sameNodes ? [] : [.. after.Nodes.Where(node => before.Node(node.Id) != node)],
            sameNodes ? [] : [.. before.Nodes.Select(node => node.Id).Where(id => after.Node(id) is null)],
            [.. after.Shards.DifferencesTo(before.Shards).Select(index => KeyValuePair.Create(new ShardId((uint)index), after.Shards[index]))]);
    }

    /// <summary>The map that results, or null when this difference does not apply to <paramref name="map"/>: then ask for the full map.</summary>
    /// <exception cref="ArgumentException">A shard names a node that is not in the map that results.</exception>
    public ClusterMap? ApplyTo(ClusterMap map)
    {
        if (map.Version != BaseVersion)
            return null;
        foreach (var (shard, _) in Shards)
        {
            if (!map.Contains(shard))
                return null;
        }
        return map.Next(Version, Nodes, RemovedNodes, Shards);
    }
}
