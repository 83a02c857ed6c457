namespace SealFs.Core.Placement;

/// <summary>
/// How many replicas each node should hold: its share of the weights, but never more than one of every shard; what a heavy node cannot take goes to the
/// others. A node within the rounding of its share (<see cref="Least"/> to <see cref="Most"/>) is left alone, so that rounding moves nothing.
/// </summary>
internal sealed class ShardShares
{
    private readonly Dictionary<NodeId, double> shares = [];

    public ShardShares(IReadOnlyCollection<ClusterNode> nodes, int shardCount, int copies)
    {
        var open = nodes.ToList();
        var replicas = (double)shardCount * Math.Min(copies, nodes.Count);
        while (open.Count > 0)
        {
            var weight = open.Sum(node => node.Weight);
            var full = open.Where(node => replicas * node.Weight / weight >= shardCount).ToHashSet();
            if (full.Count == 0 || full.Count == open.Count)
            {
                foreach (var node in open)
                    shares[node.Id] = Math.Min(replicas * node.Weight / weight, shardCount);
                return;
            }
            foreach (var node in full)
                shares[node.Id] = shardCount;
            replicas -= (double)full.Count * shardCount;
            open.RemoveAll(full.Contains);
        }
    }

    public double Of(NodeId node) => shares[node];

    public static int Least(double share) => (int)Math.Floor(share + 1e-9);

    public static int Most(double share) => (int)Math.Ceiling(share - 1e-9);
}
