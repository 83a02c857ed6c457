namespace SealFs.Manager.Maps;

/// <summary>
/// When the clients that watch the map may look at it again. After a pause they look at once; while changes follow one another, as while a node is drained,
/// they look so seldom that looking takes a fixed part of one processor however many clients there are, and each look brings all that changed since the last.
/// A client that meets a shard that has moved is told by the node that it asks, so it does not wait for this.
/// </summary>
internal sealed class WatchPace
{
    private readonly Lock gate = new();
    private readonly TimeProvider clock;
    private readonly ITimer timer;
    private TaskCompletionSource next = NewSignal();
    private long earliest = long.MinValue;
    private int watchers;
    private bool scheduled;

    public WatchPace(TimeProvider clock)
    {
        this.clock = clock;
        timer = clock.CreateTimer(_ => Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when there is something to look at and it is time to. Taken before a look, so that nothing is missed in between.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>One watcher more, until disposed.</summary>
    public Watcher Enter()
    {
        Interlocked.Increment(ref watchers);
        return new(this);
    }

    /// <summary>The map has changed.</summary>
    public void Request()
    {
        lock (gate)
        {
            if (scheduled)
                return;
            var now = clock.GetTimestamp();
            if (now >= earliest)
            {
                Signal(now);
                return;
            }
            scheduled = true;
            timer.Change(clock.GetElapsedTime(now, earliest), Timeout.InfiniteTimeSpan);
        }
    }

    private void Release()
    {
        lock (gate)
        {
            scheduled = false;
            Signal(clock.GetTimestamp());
        }
    }

    private void Signal(long now)
    {
        var pause = Limits.LookPauseForEachWatcher * Volatile.Read(ref watchers);
        earliest = pause < Limits.LeastLookPause ? now : now + (long)(pause.TotalSeconds * clock.TimestampFrequency);
        Interlocked.Exchange(ref next, NewSignal()).TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public readonly struct Watcher(WatchPace pace) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref pace.watchers);
    }
}
