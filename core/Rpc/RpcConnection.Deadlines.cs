namespace SealFs.Core.Rpc;

/// <summary>
/// Deadlines, on a coarse clock that a timer moves on: reading a real clock for each call would cost more than the rest of the
/// bookkeeping. The timer rests while there are no calls.
/// </summary>
public sealed partial class RpcConnection
{
    /// <summary>Ticks without a call after which the timer stops: arming it again for every lone call would cost more than it saves.</summary>
    private const int IdleTicks = 50;

    private static readonly long DeadlineTickMs = (long)RpcLimits.DeadlineTick.TotalMilliseconds;

    private readonly ITimer _timer;
    private long _nowMs;
    private bool _timerArmed;
    private int _idleTicks;
    private int _sweeping;

    /// <summary>Under the lock.</summary>
    private void ArmTimer()
    {
        _idleTicks = 0;
        if (_timerArmed)
            return;
        _timerArmed = true;
        Volatile.Write(ref _nowMs, ReadClockMs());
        _timer.Change(RpcLimits.DeadlineTick, RpcLimits.DeadlineTick);
    }

    private long ReadClockMs() => (long)_options.Time.GetElapsedTime(0).TotalMilliseconds;

    private void Tick()
    {
        // Ticks may overlap when the thread pool is late: one of them is enough.
        if (Interlocked.Exchange(ref _sweeping, 1) == 1)
            return;
        Volatile.Write(ref _nowMs, ReadClockMs());
        Sweep();
        RestWhenIdle();
        Volatile.Write(ref _sweeping, 0);
    }

    private void Sweep()
    {
        var calls = Volatile.Read(ref _calls);
        var nowMs = _nowMs;
        foreach (var call in calls)
        {
            if (call is null)
                continue;
            var use = call.Use;
            var phase = call.Phase;
            if (phase is CallPhase.Free or CallPhase.Done || call.DeadlineMs > nowMs || call.Use != use)
                continue;
            if (phase != CallPhase.Receiving)
                TryFail(call, use, Errno.ETIMEDOUT);
            else if (call.DeadlineMs + (long)RpcLimits.StalledPayloadTime.TotalMilliseconds <= nowMs)
                Volatile.Read(ref _link)?.Break("a payload stalled");
        }
    }

    private void RestWhenIdle()
    {
        lock (_gate)
        {
            if (_free.Count < _callCount)
            {
                _idleTicks = 0;
                return;
            }

            if (++_idleTicks < IdleTicks || !_timerArmed)
                return;
            _timerArmed = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
