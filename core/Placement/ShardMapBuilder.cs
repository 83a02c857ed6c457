namespace SealFs.Core.Placement;

/// <summary>
/// Decides which nodes hold which shard: rendezvous hashing with bounded load. Every node holds its share of the weights to within rounding (where zones
/// leave the choice), copies of a shard lie in different zones while there are enough of them, and a change of the nodes moves only what must move:
/// the replicas of nodes that left, and what nodes above their share give to nodes below it.
/// </summary>
/// <remarks>
/// A plan is three steps: <see cref="VacancyFiller"/>, <see cref="ExcessMover"/>, <see cref="PrimaryChooser"/>. The manager plans while heartbeats wait, so
/// the time of a change is bounded by what changes: vacancies × nodes, and shards × nodes that are short of their share. docs/scaling.md has the figures.
/// </remarks>
public static class ShardMapBuilder
{
    /// <summary>A first map: every shard placed over the nodes.</summary>
    /// <inheritdoc cref="Rebalance"/>
    public static ReplicaSet[] Build(uint shardCount, IReadOnlyCollection<ClusterNode> nodes, int copies)
    {
        ArgumentOutOfRangeException.ThrowIfZero(shardCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shardCount, PlacementLimits.MaxShards);
        var none = new ReplicaSet[shardCount];
        Array.Fill(none, ReplicaSet.Empty);
        return Rebalance(none, nodes, copies);
    }

    /// <summary>The map after the nodes or their weights changed, with the fewest moves.</summary>
    /// <param name="current">Who holds each shard now.</param>
    /// <param name="nodes">The nodes that shall hold shards: those that leave are simply not in it.</param>
    /// <param name="copies">1 to 3; with fewer nodes, every node gets a copy.</param>
    /// <returns>Who shall hold each shard: the same instance where nothing changes.</returns>
    /// <exception cref="ArgumentException">No nodes, a weight that is not positive, or a number of copies out of range.</exception>
    public static ReplicaSet[] Rebalance(ReadOnlySpan<ReplicaSet> current, IReadOnlyCollection<ClusterNode> nodes, int copies)
    {
        if (nodes.Count is 0 or > PlacementLimits.MaxNodes)
            throw new ArgumentException($"A map needs 1 to {PlacementLimits.MaxNodes} nodes.", nameof(nodes));
        if (nodes.Any(node => !double.IsFinite(node.Weight) || node.Weight <= 0))
            throw new ArgumentException("A node's weight is a positive number.", nameof(nodes));
        if (copies is < 1 or > PlacementLimits.MaxCopies)
            throw new ArgumentException($"A shard has 1 to {PlacementLimits.MaxCopies} copies.", nameof(copies));
        var planned = new PlannedNodes(nodes, current.Length, copies);
        var holders = new ShardHolders(planned, current.Length, Math.Min(copies, nodes.Count));
        Keep(current, planned, holders);
        new VacancyFiller(planned, holders).Run();
        new ExcessMover(planned, holders).Run();
        return Combine(current, planned, holders, new PrimaryChooser(planned, holders).Run(current));
    }

    private static void Keep(ReadOnlySpan<ReplicaSet> current, PlannedNodes nodes, ShardHolders holders)
    {
        for (var shard = 0; shard < current.Length; shard++)
        {
            foreach (var id in current[shard].InSync)
            {
                if (!holders.IsComplete(shard) && nodes.IndexOf(id) is >= 0 and var node)
                    holders.Add(shard, node);
            }
        }
    }

    private static ReplicaSet[] Combine(ReadOnlySpan<ReplicaSet> current, PlannedNodes nodes, ShardHolders holders, int[] primaries)
    {
        var interned = new Dictionary<ReplicaSet, ReplicaSet>();
        var result = new ReplicaSet[current.Length];
        Span<NodeId> inSync = stackalloc NodeId[holders.Copies];
        for (var shard = 0; shard < result.Length; shard++)
        {
            inSync[0] = nodes.Id(primaries[shard]);
            var count = 1;
            foreach (var node in holders.Of(shard))
            {
                if (node != primaries[shard])
                    inSync[count++] = nodes.Id(node);
            }
            result[shard] = IsAlready(current[shard], inSync) ? current[shard] : Intern(inSync);
        }
        return result;

        ReplicaSet Intern(ReadOnlySpan<NodeId> members)
        {
            var replicas = new ReplicaSet(members[0], [.. members], []);
            return interned.TryGetValue(replicas, out var known) ? known : interned[replicas] = replicas;
        }
    }

    private static bool IsAlready(ReplicaSet current, ReadOnlySpan<NodeId> inSync) =>
        current.Primary == inSync[0] && current.Learners.IsEmpty && current.InSync.AsSpan().SequenceEqual(inSync);
}
