using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>What one volume uses on this node: the sum over its shards. Read by heartbeats and quota, changed by commits.</summary>
public sealed class VolumeUsage(VolumeId volume)
{
    private long _bytes;
    private long _inodes;
    private long _movedBytes;
    private long _movedInodes;

    public VolumeId Volume { get; } = volume;

    public long UsedBytes => Interlocked.Read(ref _bytes);

    public long Inodes => Interlocked.Read(ref _inodes);

    /// <summary>Usage that came with shards, less what left with them: the volume has not grown by it, and its ceilings here move along.</summary>
    internal VolumeUsageDelta Moved => new(Interlocked.Read(ref _movedBytes), Interlocked.Read(ref _movedInodes));

    /// <summary>A shard came or left. The order gives more room for a moment rather than less.</summary>
    internal void Move(VolumeUsageDelta delta)
    {
        if (delta.Bytes >= 0)
            Interlocked.Add(ref _movedBytes, delta.Bytes);
        if (delta.Inodes >= 0)
            Interlocked.Add(ref _movedInodes, delta.Inodes);
        Add(delta);
        if (delta.Bytes < 0)
            Interlocked.Add(ref _movedBytes, delta.Bytes);
        if (delta.Inodes < 0)
            Interlocked.Add(ref _movedInodes, delta.Inodes);
    }

    internal void Add(VolumeUsageDelta delta)
    {
        if (delta.Bytes != 0)
            Interlocked.Add(ref _bytes, delta.Bytes);
        if (delta.Inodes != 0)
            Interlocked.Add(ref _inodes, delta.Inodes);
    }
}
