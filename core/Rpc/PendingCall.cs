using System.Threading.Tasks.Sources;

namespace SealFs.Core.Rpc;

/// <summary>
/// One call from CallAsync until its result was taken; reused for ever by its connection. Continuations run in place, on the thread
/// that completes it, and see neither an execution context nor a synchronisation context.
/// </summary>
internal sealed class PendingCall(RpcConnection owner, int index) : IValueTaskSource<RpcResponse>
{
    private const int PhaseBits = 3;

    private ManualResetValueTaskSourceCore<RpcResponse> _core;

    /// <summary>Use of this object (high bits) and CallPhase (low bits): a late answer or time-out finds another use and leaves it alone.</summary>
    private long _state;

    public int Index { get; } = index;

    /// <summary>On the scale of the connection's coarse clock, ms.</summary>
    public long DeadlineMs { get; set; }

    public nint ReplyPayloadBuffer { get; set; }

    public int ReplyPayloadLength { get; set; }

    /// <summary>TimeProvider timestamp of the call; 0 unless durations are measured.</summary>
    public long StartedAt { get; set; }

    /// <summary>Header and body of a call that waits for its turn, and its payload.</summary>
    public RpcBuffer? WaitingFrame { get; set; }

    public Payload WaitingPayload { get; set; }

    public CancellationTokenRegistration Cancellation { get; set; }

    public LinkedListNode<PendingCall>? Node { get; set; }

    public short Token => _core.Version;

    public uint Use => (uint)(Volatile.Read(ref _state) >> PhaseBits);

    public CallPhase Phase => (CallPhase)(Volatile.Read(ref _state) & ((1 << PhaseBits) - 1));

    /// <summary>Request id on the wire: position in the connection's table, and which use of it.</summary>
    public ulong RequestId => ((ulong)Use << 32) | (uint)Index;

    /// <summary>Starts the next use. Only the connection calls this, under its lock, for a call that is free.</summary>
    public void Begin(CallPhase phase) => Volatile.Write(ref _state, ((long)(Use + 1) << PhaseBits) | (long)phase);

    /// <summary>Moves on from one phase to the next; false when somebody else was faster or this use is over.</summary>
    public bool TryMove(uint use, CallPhase from, CallPhase to)
    {
        var high = (long)use << PhaseBits;
        return Interlocked.CompareExchange(ref _state, high | (long)to, high | (long)from) == (high | (long)from);
    }

    /// <summary>Hands the result over; the continuation may run before this returns.</summary>
    public void Complete(in RpcResponse response) => _core.SetResult(response);

    RpcResponse IValueTaskSource<RpcResponse>.GetResult(short token)
    {
        var response = _core.GetResult(token);
        Cancellation.Dispose();
        Cancellation = default;
        _core.Reset();
        owner.Recycle(this);
        return response;
    }

    ValueTaskSourceStatus IValueTaskSource<RpcResponse>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RpcResponse>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
