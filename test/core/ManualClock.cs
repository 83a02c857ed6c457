namespace SealFs.Testing;

/// <summary>A clock that stands still until a test moves it. Timers that fall due run on the thread that moves the clock, in order of their times.</summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private readonly DateTimeOffset epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long nowTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that wait: a test that moves the clock for a loop first waits until the loop has set its timer.</summary>
    public int WaitingTimers
    {
        get
        {
            lock (gate)
                return timers.Count;
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref nowTicks);

    public override DateTimeOffset GetUtcNow() => epoch + new TimeSpan(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan span)
    {
        var end = GetTimestamp() + span.Ticks;
        while (TakeDue(end) is { } due)
            due.Fire();
        Interlocked.Exchange(ref nowTicks, end);
    }

    private ManualTimer? TakeDue(long end)
    {
        lock (gate)
        {
            var due = timers.Where(timer => timer.DueTicks <= end).MinBy(timer => timer.DueTicks);
            if (due is null)
                return null;
            Interlocked.Exchange(ref nowTicks, Math.Max(nowTicks, due.DueTicks));
            due.Rearm();
            return due;
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan interval = Timeout.InfiniteTimeSpan;

        public long DueTicks { get; private set; }

        public void Fire() => callback(state);

        public void Rearm()
        {
            if (interval > TimeSpan.Zero)
                DueTicks += interval.Ticks;
            else
                clock.timers.Remove(this);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                interval = period;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                DueTicks = clock.GetTimestamp() + dueTime.Ticks;
                clock.timers.Add(this);
            }
            return true;
        }

        public void Dispose()
        {
            lock (clock.gate)
                clock.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
