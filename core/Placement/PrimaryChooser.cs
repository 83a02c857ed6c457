namespace SealFs.Core.Placement;

/// <summary>A primary that still holds its shard stays; the other shards go to the holder that leads the smallest part of what it holds.</summary>
internal sealed class PrimaryChooser(PlannedNodes nodes, ShardHolders holders)
{
    private const int Passes = 4;

    private readonly int[] led = new int[nodes.Count];
    private readonly int[] primaries = new int[holders.Count];

    public int[] Run(ReadOnlySpan<ReplicaSet> current)
    {
        var open = new List<int>();
        for (var shard = 0; shard < primaries.Length; shard++)
        {
            primaries[shard] = nodes.IndexOf(current[shard].Primary);
            if (primaries[shard] >= 0 && holders.Of(shard).Contains(primaries[shard]))
                led[primaries[shard]]++;
            else
                open.Add(shard);
        }
        foreach (var shard in open)
        {
            primaries[shard] = LeastLeading(shard, present: -1);
            led[primaries[shard]]++;
        }

        // What was chosen early did not know what would be chosen later: a few passes make up for most of it.
        for (var pass = 0; pass < Passes && holders.Copies > 1; pass++)
        {
            foreach (var shard in open)
                Exchange(shard);
        }
        return primaries;
    }

    private void Exchange(int shard)
    {
        var present = primaries[shard];
        var better = LeastLeading(shard, present);
        led[present]--;
        led[better]++;
        primaries[shard] = better;
    }

    /// <returns>
    /// The holder that leads the smallest part; with one that leads at present, the one that leads, when it takes the shard over, still a smaller part than the
    /// present one does without giving it away.
    /// </returns>
    private int LeastLeading(int shard, int present)
    {
        var best = -1;
        var bestPart = double.MaxValue;
        foreach (var node in holders.Of(shard))
        {
            var leads = led[node] + (present < 0 || node == present ? 0 : 1);
            var part = (double)leads / nodes.Held(node);
            if (part >= bestPart)
                continue;
            best = node;
            bestPart = part;
        }
        return best;
    }
}
