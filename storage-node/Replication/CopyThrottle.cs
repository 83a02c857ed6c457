namespace SealFs.StorageNode.Replication;

/// <summary>
/// What a node spends on all its copies together: bytes are taken as they come, and whoever finds the bucket overdrawn waits until it is not. Holds at most a quarter of a second's worth.
/// </summary>
internal sealed class CopyThrottle(TimeProvider time)
{
    private const double HeldSeconds = 0.25;

    private readonly Lock _gate = new();
    private double _bytes;
    private long _filledAt = time.GetTimestamp();

    /// <summary>0 = no limit.</summary>
    public ulong BytesPerSecond { get; set; }

    public void Spend(long bytes)
    {
        lock (_gate)
        {
            Fill();
            _bytes -= bytes;
        }
    }

    /// <summary>How long to wait before more is copied.</summary>
    public TimeSpan Wait()
    {
        lock (_gate)
        {
            Fill();
            return _bytes >= 0 || BytesPerSecond == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(-_bytes / BytesPerSecond, 60));
        }
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_filledAt, now).TotalSeconds;
        _filledAt = now;
        _bytes = BytesPerSecond == 0 ? 0 : Math.Min(_bytes + (seconds * BytesPerSecond), HeldSeconds * BytesPerSecond);
    }
}
