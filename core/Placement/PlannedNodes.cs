namespace SealFs.Core.Placement;

/// <summary>
/// The nodes of one plan under dense numbers in the order of their ids, with the share of each and what it holds so far. Planning looks at every node
/// for every shard, so that everything about a node is an array index away.
/// </summary>
internal sealed class PlannedNodes
{
    private readonly Dictionary<NodeId, int> indexes;
    private readonly NodeId[] ids;
    private readonly double[] weights;
    private readonly int[] zones;
    private readonly int[] held;
    private readonly double[] shares;

    public PlannedNodes(IReadOnlyCollection<ClusterNode> nodes, int shardCount, int copies)
    {
        var ordered = nodes.OrderBy(node => node.Id).ToList();
        ids = [.. ordered.Select(node => node.Id)];
        weights = [.. ordered.Select(node => node.Weight)];
        indexes = ids.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        var zoneNumbers = ordered.Select(node => node.Zone).Distinct().Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        zones = [.. ordered.Select(node => zoneNumbers[node.Zone])];
        ZoneCount = zoneNumbers.Count;
        held = new int[ordered.Count];
        var shareOf = new ShardShares(ordered, shardCount, copies);
        shares = [.. ids.Select(shareOf.Of)];
        Least = [.. shares.Select(ShardShares.Least)];
        Most = [.. shares.Select(ShardShares.Most)];
    }

    public int Count => ids.Length;

    public int ZoneCount { get; }

    /// <summary>The share of each node, rounded down.</summary>
    public int[] Least { get; }

    /// <summary>The share of each node, rounded up.</summary>
    public int[] Most { get; }

    /// <summary>The node's number, or -1 when it is not among the nodes of the plan.</summary>
    public int IndexOf(NodeId id) => indexes.TryGetValue(id, out var index) ? index : -1;

    public NodeId Id(int node) => ids[node];

    public double Weight(int node) => weights[node];

    public int Zone(int node) => zones[node];

    public int Held(int node) => held[node];

    public void Take(int node) => held[node]++;

    public void Give(int node) => held[node]--;

    /// <summary>How full the node is when it holds so many replicas; 1 is exactly its share.</summary>
    public double Fill(int node, int replicas) => replicas / Math.Max(shares[node], 1e-9);

    /// <summary>Those whose holdings are below a bound, in order.</summary>
    public List<int> Below(int[] bound)
    {
        var below = new List<int>(Count);
        for (var node = 0; node < Count; node++)
        {
            if (held[node] < bound[node])
                below.Add(node);
        }
        return below;
    }

    /// <summary>Some node holds more than its bound.</summary>
    public bool AnyAbove(int[] bound)
    {
        for (var node = 0; node < Count; node++)
        {
            if (held[node] > bound[node])
                return true;
        }
        return false;
    }
}
