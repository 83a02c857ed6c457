namespace SealFs.StorageNode.Shards;

/// <summary>What one volume uses in one shard; changed with the shard's gate held. Feeds the volume's total on this node.</summary>
public sealed class ShardUsage(VolumeUsage total, UsageRow stored)
{
    public long UsedBytes { get; private set; } = stored.UsedBytes;

    public long Inodes { get; private set; } = stored.Inodes;

    internal UsageRow After(VolumeUsageDelta delta, ulong effectSequence) => new(effectSequence, UsedBytes + delta.Bytes, Inodes + delta.Inodes);

    /// <summary>The shard is served here no more.</summary>
    internal void Leave() => total.Move(new VolumeUsageDelta(-UsedBytes, -Inodes));

    internal void Apply(VolumeUsageDelta delta)
    {
        UsedBytes += delta.Bytes;
        Inodes += delta.Inodes;
        total.Add(delta);
    }
}
