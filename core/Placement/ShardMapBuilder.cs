namespace SealFs.Core.Placement;

/// <summary>
/// Decides which nodes hold which shard: rendezvous hashing with bounded load. Every node holds its share of the weights to within rounding (where zones
/// leave the choice), copies of a shard lie in different zones while there are enough of them, and a change of the nodes moves only what must move:
/// the replicas of nodes that left, and what nodes above their share give to nodes below it.
/// </summary>
public sealed class ShardMapBuilder
{
    private const int PrimaryPasses = 4;

    private readonly Dictionary<NodeId, ClusterNode> nodes;
    private readonly List<NodeId>[] holders;
    private readonly Dictionary<NodeId, int> held;
    private readonly ShardShares shares;
    private readonly int copies;
    private readonly bool separateZones;

    private ShardMapBuilder(ReadOnlySpan<ReplicaSet> current, IReadOnlyCollection<ClusterNode> nodes, int copies)
    {
        this.nodes = nodes.ToDictionary(node => node.Id);
        this.copies = Math.Min(copies, nodes.Count);
        separateZones = nodes.Select(node => node.Zone).Distinct().Count() >= this.copies;
        shares = new ShardShares(nodes, current.Length, copies);
        held = nodes.ToDictionary(node => node.Id, _ => 0);
        holders = new List<NodeId>[current.Length];
        for (var index = 0; index < current.Length; index++)
            holders[index] = Keep(current[index]);
    }

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
    /// <exception cref="ArgumentException">No nodes, a weight that is not positive, or a number of copies out of range.</exception>
    public static ReplicaSet[] Rebalance(ReadOnlySpan<ReplicaSet> current, IReadOnlyCollection<ClusterNode> nodes, int copies)
    {
        if (nodes.Count is 0 or > PlacementLimits.MaxNodes)
            throw new ArgumentException($"A map needs 1 to {PlacementLimits.MaxNodes} nodes.", nameof(nodes));
        if (nodes.Any(node => !double.IsFinite(node.Weight) || node.Weight <= 0))
            throw new ArgumentException("A node's weight is a positive number.", nameof(nodes));
        if (copies is < 1 or > PlacementLimits.MaxCopies)
            throw new ArgumentException($"A shard has 1 to {PlacementLimits.MaxCopies} copies.", nameof(copies));
        var builder = new ShardMapBuilder(current, nodes, copies);
        builder.FillVacancies();
        builder.MoveExcess();
        return builder.ChoosePrimaries(current);
    }

    private List<NodeId> Keep(ReplicaSet current)
    {
        var kept = new List<NodeId>(copies);
        foreach (var node in current.InSync)
        {
            if (kept.Count == copies || !nodes.ContainsKey(node))
                continue;
            kept.Add(node);
            held[node]++;
        }
        return kept;
    }

    private void FillVacancies()
    {
        for (var index = 0; index < holders.Length; index++)
        {
            if (holders[index].Count == copies)
                continue;
            var shard = new ShardId((uint)index);
            var ranked = nodes.Values.OrderByDescending(node => RendezvousScore.Of(shard, node.Id, node.Weight)).ToList();
            while (holders[index].Count < copies)
                Take(index, ChooseHolder(index, ranked));
        }
    }

    /// <summary>
    /// The best-scored node that is short of its share; when none is, the best-scored with room in its rounding; then the least filled. Zones are kept apart
    /// as long as they can be.
    /// </summary>
    private NodeId ChooseHolder(int shard, List<ClusterNode> ranked)
    {
        var allowed = ranked.Where(node => MayHold(shard, node, replaced: default)).ToList();
        var chosen = allowed.Find(node => held[node.Id] < shares.Least(node.Id))
            ?? allowed.Find(node => held[node.Id] < shares.Most(node.Id))
            ?? allowed.MinBy(FillAfterOneMore)
            ?? ranked.Where(node => !holders[shard].Contains(node.Id)).MinBy(FillAfterOneMore);
        return chosen!.Id;
    }

    private double FillAfterOneMore(ClusterNode node) => shares.Fill(node.Id, held[node.Id] + 1);

    private bool MayHold(int shard, ClusterNode node, NodeId replaced)
    {
        foreach (var holder in holders[shard])
        {
            if (holder == node.Id)
                return false;
            if (separateZones && holder != replaced && nodes[holder].Zone == node.Zone)
                return false;
        }
        return true;
    }

    private void MoveExcess()
    {
        // First everybody gets the whole part of its share, from the fullest as long as that suffices, so that the last step finds next to nothing to do:
        // after it nobody keeps more than its share rounded up.
        MoveWhile(needy: node => held[node] < shares.Least(node), donor: node => held[node] > shares.Most(node));
        MoveWhile(needy: node => held[node] < shares.Least(node), donor: node => held[node] > shares.Least(node));
        MoveWhile(needy: node => held[node] < shares.Most(node), donor: node => held[node] > shares.Most(node));
    }

    private void MoveWhile(Func<NodeId, bool> needy, Func<NodeId, bool> donor)
    {
        foreach (var receiver in nodes.Values.Where(node => needy(node.Id)).OrderBy(node => shares.Fill(node.Id, held[node.Id])).ToList())
        {
            if (!nodes.Keys.Any(donor))
                return;
            var byScore = Enumerable.Range(0, holders.Length)
                .OrderByDescending(index => RendezvousScore.Of(new ShardId((uint)index), receiver.Id, receiver.Weight))
                .ToList();
            foreach (var shard in byScore)
            {
                if (!needy(receiver.Id))
                    break;
                TryMove(shard, receiver, donor);
            }
        }
    }

    private void TryMove(int shard, ClusterNode receiver, Func<NodeId, bool> donor)
    {
        NodeId fullest = default;
        foreach (var holder in holders[shard])
        {
            if (!donor(holder) || !MayHold(shard, receiver, replaced: holder))
                continue;
            if (fullest == default || shares.Fill(holder, held[holder]) > shares.Fill(fullest, held[fullest]))
                fullest = holder;
        }
        if (fullest == default)
            return;
        holders[shard].Remove(fullest);
        held[fullest]--;
        Take(shard, receiver.Id);
    }

    private void Take(int shard, NodeId node)
    {
        holders[shard].Add(node);
        held[node]++;
    }

    /// <summary>A primary that still holds its shard stays; the other shards go to the holder that leads the smallest part of what it holds.</summary>
    private ReplicaSet[] ChoosePrimaries(ReadOnlySpan<ReplicaSet> current)
    {
        var led = nodes.Keys.ToDictionary(id => id, _ => 0);
        var primaries = new NodeId[holders.Length];
        var open = new List<int>();
        for (var index = 0; index < primaries.Length; index++)
        {
            primaries[index] = current[index].Primary;
            if (holders[index].Contains(primaries[index]))
                led[primaries[index]]++;
            else
                open.Add(index);
        }
        foreach (var index in open)
        {
            primaries[index] = holders[index].MinBy(node => (double)led[node] / held[node]);
            led[primaries[index]]++;
        }

        // What was chosen early did not know what would be chosen later: a few passes make up for most of it.
        for (var pass = 0; pass < PrimaryPasses; pass++)
        {
            foreach (var index in open)
                primaries[index] = Exchange(primaries[index], holders[index], led);
        }
        return Combine(primaries);
    }

    /// <returns>The holder that leads, when it takes the shard over, still a smaller part than the present primary does without giving it away.</returns>
    private NodeId Exchange(NodeId primary, List<NodeId> candidates, Dictionary<NodeId, int> led)
    {
        var better = candidates.MinBy(node => (double)(led[node] + (node == primary ? 0 : 1)) / held[node]);
        led[primary]--;
        led[better]++;
        return better;
    }

    private ReplicaSet[] Combine(NodeId[] primaries)
    {
        var interned = new Dictionary<ReplicaSet, ReplicaSet>();
        var result = new ReplicaSet[holders.Length];
        for (var index = 0; index < result.Length; index++)
        {
            var primary = primaries[index];
            var replicas = new ReplicaSet(primary, [primary, .. holders[index].Where(node => node != primary)], []);
            if (!interned.TryGetValue(replicas, out var known))
                interned[replicas] = known = replicas;
            result[index] = known;
        }
        return result;
    }
}
