using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>What one volume uses on this node: the sum over its shards. Read by heartbeats and quota, changed by commits.</summary>
public sealed class VolumeUsage(VolumeId volume)
{
    private long _bytes;
    private long _inodes;

    public VolumeId Volume { get; } = volume;

    public long UsedBytes => Interlocked.Read(ref _bytes);

    public long Inodes => Interlocked.Read(ref _inodes);

    internal void Add(VolumeUsageDelta delta)
    {
        if (delta.Bytes != 0)
            Interlocked.Add(ref _bytes, delta.Bytes);
        if (delta.Inodes != 0)
            Interlocked.Add(ref _inodes, delta.Inodes);
    }
}
