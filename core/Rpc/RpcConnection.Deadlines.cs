namespace SealFs.Core.Rpc;

/// <summary>
/// Deadlines, on a coarse clock that <see cref="DeadlineTicker"/> moves on: reading a real clock for each call would cost more than the rest
/// of the bookkeeping. It rests while there are no calls.
/// </summary>
public sealed partial class RpcConnection
{
    /// <summary>Ticks without a call after which the ticking stops: arming it again for every lone call would cost more than it saves.</summary>
    private const int IdleTicks = 50;

    private static readonly long DeadlineTickMs = (long)RpcLimits.DeadlineTick.TotalMilliseconds;

    private long _nowMs;
    private bool _armed;
    private int _idleTicks;

    /// <summary>Called by the ticker's thread.</summary>
    internal void Tick()
    {
        Volatile.Write(ref _nowMs, ReadClockMs());
        Sweep();
        RestWhenIdle();
    }

    /// <summary>Under the lock.</summary>
    private void ArmTicker()
    {
        _idleTicks = 0;
        if (_armed)
            return;
        _armed = true;
        Volatile.Write(ref _nowMs, ReadClockMs());
        DeadlineTicker.Arm(this);
    }

    private long ReadClockMs() => (long)_options.Time.GetElapsedTime(0).TotalMilliseconds;

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

            if (++_idleTicks < IdleTicks || !_armed)
                return;
            _armed = false;
            DeadlineTicker.Disarm(this);
        }
    }
}
