using System.Globalization;
using System.IO.Hashing;
using System.Text;
using SealFs.Core;
using SealFs.Manager.Store;

namespace SealFs.Manager.Balance;

/// <summary>What shares go by: each node's weight times its capacity. A node whose capacity is not known counts as one in the middle.</summary>
internal sealed class ShareWeights
{
    private readonly Dictionary<NodeId, double> weights;

    public ShareWeights(IEnumerable<NodeRecord> nodes)
    {
        var all = nodes.ToList();
        var middle = Median([.. all.Where(node => node.CountedCapacityBytes > 0).Select(node => node.CountedCapacityBytes).Order()]);
        weights = all.ToDictionary(node => new NodeId(node.Id), node => node.Weight * (node.CountedCapacityBytes > 0 ? node.CountedCapacityBytes : middle) / middle);

        // The middle itself is left out: it moves when nodes come, and means nothing between nodes.
        var text = new StringBuilder();
        foreach (var node in all.Where(node => !node.Draining).OrderBy(node => node.Id))
            text.Append(CultureInfo.InvariantCulture, $"{node.Id}:{node.Weight:R}*{node.CountedCapacityBytes};");
        Signature = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text.ToString())).ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>Changes exactly when the nodes that shall hold shards or their shares do.</summary>
    public string Signature { get; }

    public double this[NodeId node] => weights[node];

    private static double Median(ulong[] ordered) => ordered.Length switch
    {
        0 => 1,
        var count when count % 2 == 1 => ordered[count / 2],
        var count => (ordered[(count / 2) - 1] + (double)ordered[count / 2]) / 2,
    };
}
