namespace SealFs.Fuse.MemoryFs;

/// <summary>Counts the bytes of all files against the capacity.</summary>
internal sealed class Space(long capacityBytes)
{
    private long _usedBytes;

    public long CapacityBytes => capacityBytes;

    public long UsedBytes => Volatile.Read(ref _usedBytes);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _usedBytes, bytes) <= capacityBytes) return true;
        Interlocked.Add(ref _usedBytes, -bytes);
        return false;
    }

    public void Give(long bytes) => Interlocked.Add(ref _usedBytes, -bytes);
}
