using SealFs.Core;

namespace SealFs.Manager.Balance;

/// <summary>How much each node has of something, against its share.</summary>
internal sealed class UseLevels
{
    private readonly Dictionary<NodeId, double> levels = [];
    private readonly Dictionary<NodeId, double> shares = [];
    private readonly List<PlacementNode> nodes;

    private UseLevels(List<PlacementNode> nodes) => this.nodes = nodes;

    public double Unevenness => nodes.Count == 0 ? 0 : nodes.Max(node => Math.Abs(Deviation(node.Id, levels[node.Id])));

    public double Mean => nodes.Count == 0 ? 0 : levels.Values.Sum() / nodes.Count;

    /// <summary>Nodes that are being drained have no share, and what they have is not counted.</summary>
    public static UseLevels Of(PlacementSnapshot snapshot, double[] values, Func<PlacementNode, double> weightOf)
    {
        var staying = snapshot.Nodes.Where(node => !node.Draining).ToList();
        var result = new UseLevels(staying);
        foreach (var node in staying)
            result.levels[node.Id] = 0;
        for (var shard = 0; shard < values.Length; shard++)
        {
            if (result.levels.ContainsKey(snapshot.Holders[shard].Primary))
                result.levels[snapshot.Holders[shard].Primary] += values[shard];
        }
        var (total, weight) = (result.levels.Values.Sum(), staying.Sum(weightOf));
        foreach (var node in staying)
            result.shares[node.Id] = total * weightOf(node) / weight;
        return result;
    }

    /// <summary>The fullest first.</summary>
    public IEnumerable<PlacementNode> Above() =>
        nodes.Where(node => levels[node.Id] > shares[node.Id]).OrderByDescending(node => Deviation(node.Id, levels[node.Id])).ThenBy(node => node.Id);

    /// <summary>The emptiest first.</summary>
    public IEnumerable<PlacementNode> Below() =>
        nodes.Where(node => levels[node.Id] < shares[node.Id]).OrderBy(node => Deviation(node.Id, levels[node.Id])).ThenBy(node => node.Id);

    /// <summary>By how much less uneven two nodes are after one has given the other so much; negative when they are more so.</summary>
    public double Gain(PlacementNode donor, PlacementNode receiver, double amount) =>
        Imbalance(donor, receiver) - Square(donor.Id, levels[donor.Id] - amount) - Square(receiver.Id, levels[receiver.Id] + amount);

    public double Imbalance(PlacementNode donor, PlacementNode receiver) => Square(donor.Id, levels[donor.Id]) + Square(receiver.Id, levels[receiver.Id]);

    /// <summary>Neither of the two deviates by more than a limit after one has given the other so much, unless it did and does less.</summary>
    public bool StaysBelow(PlacementNode donor, PlacementNode receiver, double amount, double limit) =>
        Fits(donor.Id, levels[donor.Id] - amount, limit) && Fits(receiver.Id, levels[receiver.Id] + amount, limit);

    public void Shift(PlacementNode donor, PlacementNode receiver, double amount)
    {
        levels[donor.Id] -= amount;
        levels[receiver.Id] += amount;
    }

    private bool Fits(NodeId node, double level, double limit) =>
        Math.Abs(Deviation(node, level)) <= Math.Max(limit, Math.Abs(Deviation(node, levels[node])));

    private double Square(NodeId node, double level) => shares[node] * Math.Pow(Deviation(node, level), 2);

    private double Deviation(NodeId node, double level) => shares[node] > 0 ? (level - shares[node]) / shares[node] : 0;
}
