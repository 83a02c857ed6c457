namespace SealFs.Manager.Balance;

/// <summary>What has left a node since a moment, and so when the rest will have.</summary>
internal sealed class DrainMeter(long startedAt)
{
    private ulong bytes;
    private uint shards;

    public void Left(ulong shardBytes)
    {
        bytes += shardBytes;
        shards++;
    }

    /// <summary>By bytes where there are some, else by shards; null while nothing has left.</summary>
    public TimeSpan? Remaining(ulong bytesLeft, uint shardsLeft, long now, long timestampFrequency)
    {
        if (shards == 0)
            return null;
        var elapsed = (now - startedAt) / (double)timestampFrequency;
        var ratio = bytes > 0 ? bytesLeft / (double)bytes : shardsLeft / (double)shards;
        return TimeSpan.FromSeconds(Math.Min(elapsed * ratio, TimeSpan.MaxValue.TotalSeconds / 2));
    }
}
