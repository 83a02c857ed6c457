namespace SealFs.Simulator.World;

/// <summary>A timer of a process: fires as work of it.</summary>
internal sealed class SimulatedTimer(SimulatedProcess process, TimerCallback callback, object? state) : ITimer
{
    private SimulatedEvent? _next;
    private TimeSpan _period;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        Cancel();
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan && process.IsAlive)
            _next = process.World.Schedule(process.Clock.InWorld(dueTime) + TimeSpan.FromTicks(1), process, Fire);
        return true;
    }

    /// <summary>From any thread: a finalizer may come for what a dead process has left.</summary>
    public void Dispose() => Cancel();

    public ValueTask DisposeAsync()
    {
        Cancel();
        return ValueTask.CompletedTask;
    }

    private void Cancel()
    {
        if (_next is { } next)
            next.IsCancelled = true;
        _next = null;
    }

    private void Fire()
    {
        _next = null;
        if (_period > TimeSpan.Zero)
            Change(_period, _period);
        callback(state);
    }
}
