namespace SealFs.StorageNode.Shards;

/// <summary>Lets a few log entries through each second, so that a peer that misbehaves cannot fill the disk with its misdeeds.</summary>
internal sealed class LogRate(TimeProvider time, int perSecond = 10)
{
    private long _second;
    private int _used;

    public bool Permits()
    {
        var now = time.GetTimestamp() / time.TimestampFrequency;
        if (Interlocked.Exchange(ref _second, now) != now)
            Interlocked.Exchange(ref _used, 0);
        return Interlocked.Increment(ref _used) <= perSecond;
    }
}
