namespace SealFs.Core.Placement;

/// <summary>Which nodes of a plan hold each shard, in the order in which they came, and which may.</summary>
internal sealed class ShardHolders
{
    private readonly PlannedNodes nodes;
    private readonly int[] holders;
    private readonly byte[] counts;
    private readonly bool separateZones;

    /// <param name="nodes">Told of every replica that is taken and given.</param>
    /// <param name="shardCount">Number of shards.</param>
    /// <param name="copies">Copies that each shard shall have; not more than there are nodes.</param>
    public ShardHolders(PlannedNodes nodes, int shardCount, int copies)
    {
        this.nodes = nodes;
        Copies = copies;
        holders = new int[shardCount * copies];
        counts = new byte[shardCount];
        separateZones = nodes.ZoneCount >= copies;
    }

    public int Count => counts.Length;

    public int Copies { get; }

    /// <summary>Copies are kept in different zones, since there are enough of them.</summary>
    public bool SeparatesZones => separateZones;

    public ReadOnlySpan<int> Of(int shard) => holders.AsSpan(shard * Copies, counts[shard]);

    public bool IsComplete(int shard) => counts[shard] == Copies;

    public void Add(int shard, int node)
    {
        holders[(shard * Copies) + counts[shard]++] = node;
        nodes.Take(node);
    }

    public void Remove(int shard, int node)
    {
        var all = holders.AsSpan(shard * Copies, counts[shard]);
        var place = all.IndexOf(node);
        all[(place + 1)..].CopyTo(all[place..]);
        counts[shard]--;
        nodes.Give(node);
    }

    /// <summary>The node does not hold the shard, and no other holder than the one replaced (-1: none is) shares its zone while zones are kept apart.</summary>
    public bool MayHold(int shard, int node, int replaced)
    {
        foreach (var holder in Of(shard))
        {
            if (holder == node)
                return false;
            if (separateZones && holder != replaced && nodes.Zone(holder) == nodes.Zone(node))
                return false;
        }
        return true;
    }
}
