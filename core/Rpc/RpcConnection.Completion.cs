namespace SealFs.Core.Rpc;

/// <summary>How calls end, and how calls that wait get their turn.</summary>
public sealed partial class RpcConnection
{
    /// <summary>Completes a call that the caller of this method moved to Done.</summary>
    internal void Complete(PendingCall call, in RpcResponse response, bool wasSent)
    {
        if (wasSent)
            Interlocked.Decrement(ref _sentCount);
        if (call.StartedAt != 0 && response.Answered)
            RpcMetrics.Called(_options.Time.GetElapsedTime(call.StartedAt).TotalSeconds);
        if (!response.Answered)
            RpcMetrics.Failed(response.Status);
        try
        {
            call.Complete(in response);
        }
#pragma warning disable CA1031 // A continuation's exception must not end the thread that serves everybody else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _logger.ContinuationFailed(exception, Endpoint);
        }

        if (Volatile.Read(ref _waitingCount) > 0)
            SendWaiting();
    }

    internal void NotificationFailed(Exception exception) => _logger.NotificationFailed(exception, Endpoint);

    /// <summary>Ends a call without an answer, unless it ends otherwise at this moment.</summary>
    internal bool TryFail(PendingCall call, uint use, Errno status)
    {
        bool waited;
        lock (_gate)
        {
            waited = call.TryMove(use, CallPhase.Waiting, CallPhase.Done);
            if (waited)
                StopWaiting(call);
        }

        if (!waited && !call.TryMove(use, CallPhase.Sent, CallPhase.Done))
            return false;
        Complete(call, new RpcResponse(status), wasSent: !waited);
        return true;
    }

    /// <summary>Under the lock: moves waiting calls to the send queue while there is room.</summary>
    internal bool RefillLocked(ClientLink link)
    {
        var moved = false;
        while (_waitingCount > 0 && link == _link && _sentCount < _options.InFlightCalls && link.Queue.QueuedBytes < _options.QueuedBytes)
        {
            var call = _waiting.First!.Value;
            var moves = call.TryMove(call.Use, CallPhase.Waiting, CallPhase.Sent);
            System.Diagnostics.Debug.Assert(moves, "what is in the waiting list waits");
            var frame = call.WaitingFrame!;
            frame.AddReference();
            link.Queue.AppendBuffer(frame);
            call.WaitingPayload.CopyTo(link.Queue);
            StopWaiting(call);
            Interlocked.Increment(ref _sentCount);
            moved = true;
        }

        return moved;
    }

    private void SendWaiting()
    {
        ClientLink? drain = null;
        lock (_gate)
        {
            if (_link is { } link && RefillLocked(link) && link.SenderNeeded())
                drain = link;
        }

        drain?.Drain();
    }

    private void StopWaiting(PendingCall call)
    {
        _waiting.Remove(call.Node!);
        _waitingCount--;
        call.WaitingFrame!.Dispose();
        call.WaitingFrame = null;
        call.WaitingPayload = default;
    }

    private void CancelWith(PendingCall call, CancellationToken cancellation)
    {
        var use = call.Use;
        call.Cancellation = cancellation.UnsafeRegister(
            static state =>
            {
                var (connection, call, use) = ((RpcConnection, PendingCall, uint))state!;
                connection.TryFail(call, use, Errno.ECANCELED);
            },
            (this, call, use));
    }

    /// <summary>Ends everything that was sent over a link that is gone, or everything there is.</summary>
    private void FailAll(bool waitingToo)
    {
        var calls = Volatile.Read(ref _calls);
        foreach (var call in calls)
        {
            if (call is null)
                continue;
            var use = call.Use;
            var phase = call.Phase;
            if (phase == CallPhase.Sent || (waitingToo && phase == CallPhase.Waiting))
                TryFail(call, use, Errno.Disconnected);
        }
    }
}
