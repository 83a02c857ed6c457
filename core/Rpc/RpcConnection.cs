using Microsoft.Extensions.Logging;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// One peer, seen from the side that asks. Connects at the first call and again by itself whenever the connection is lost; calls made
/// meanwhile wait, up to their deadline. CallAsync writes the frame on the caller's thread and does not wait; the answer completes the call
/// on the receiver's thread, in place, so a continuation there must not block.
/// <para>
/// A call that was under way when the connection broke ends with <see cref="Errno.Disconnected"/>: it may or may not have been executed.
/// Repeating it with <see cref="RpcCall.Resent"/> set is safe because a mutation carries (session, sequence); <see cref="RpcRetry"/> does that.
/// </para>
/// </summary>
public sealed partial class RpcConnection : RpcChannel
{
    private readonly RpcClientOptions _options;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly LinkedList<PendingCall> _waiting = new();
    private readonly Stack<PendingCall> _free = new();

    private ConnectionAttempt _attempt;
    private PendingCall?[] _calls = new PendingCall?[64];
    private int _callCount;
    private int _sentCount;
    private int _waitingCount;
    private ClientLink? _link;
    private bool _started;
    private bool _disposed;

    public RpcConnection(RpcEndpoint endpoint, RpcClientOptions options)
        : base(endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logger = options.Logger;
        _attempt = ConnectionAttempt.First(options.Random);
        RpcClientGauges.Add(this);
    }

    public bool IsConnected => Volatile.Read(ref _link) is not null;

    /// <summary>Requests sent and not yet answered.</summary>
    public int InFlight => Volatile.Read(ref _sentCount);

    /// <summary>Calls that wait for a connection or for room.</summary>
    public int Waiting => Volatile.Read(ref _waitingCount);

    /// <summary>Deadline of calls that name none.</summary>
    internal uint DefaultTimeoutMs => (uint)_options.CallTime.TotalMilliseconds;

    internal bool IsDisposed => Volatile.Read(ref _disposed);

    /// <summary>Starts connecting now instead of at the first call.</summary>
    public void Start()
    {
        lock (_gate)
            StartLocked();
    }

    /// <summary>
    /// Sends a request. Await the result exactly once and dispose it. The payload is borrowed until then. Throws only for a body or a payload
    /// over the limits; everything else is a status, see <see cref="RpcResponse.Status"/>.
    /// </summary>
    public ValueTask<RpcResponse> CallAsync<TBody>(in RpcCall call, in TBody body, Payload payload = default, CancellationToken cancellation = default)
        where TBody : struct, IWireMessage<TBody>, allows ref struct
    {
        var bodyLength = body.Size;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bodyLength, RpcLimits.BodyBytes, nameof(body));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, RpcLimits.PayloadBytes, nameof(payload));

        var header = HeaderOf(in call, bodyLength, payload.Length, FrameFlags.None);
        var copied = CopyBeforeLocking(payload);
        PendingCall? pending;
        ClientLink? drain;
        lock (_gate)
        {
            pending = TakeCall();
            if (pending is null)
            {
                copied?.Dispose();
                return new ValueTask<RpcResponse>(new RpcResponse(_disposed ? Errno.Disconnected : Errno.Busy));
            }

            Prepare(pending, in call);
            drain = HasRoom((int)header.Length)
                ? Submit(pending, ref header, in body, payload, copied)
                : Postpone(pending, ref header, in body, payload, copied);
        }

        drain?.Drain();
        if (cancellation.CanBeCanceled)
            CancelWith(pending, cancellation);
        return new ValueTask<RpcResponse>(pending, pending.Token);
    }

    public override ValueTask<RpcResponse> CallAsync(in RpcCall call, ReadOnlySpan<byte> body, Payload payload = default, CancellationToken cancellation = default) =>
        CallAsync(in call, new EncodedBody(body), payload, cancellation);

    /// <summary>
    /// Sends a request that has no answer. False when there is no connection or no room: nothing was sent. True promises nothing about its arrival.
    /// </summary>
    public bool TrySendOneWay<TBody>(in RpcCall call, in TBody body, Payload payload = default)
        where TBody : struct, IWireMessage<TBody>, allows ref struct
    {
        var bodyLength = body.Size;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bodyLength, RpcLimits.BodyBytes, nameof(body));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, RpcLimits.PayloadBytes, nameof(payload));
        var header = HeaderOf(in call, bodyLength, payload.Length, FrameFlags.OneWay);
        ClientLink? drain;
        lock (_gate)
        {
            StartLocked();
            if (!HasRoom((int)header.Length))
                return false;
            Append(_link!.Queue, in header, in body);
            payload.CopyTo(_link.Queue);
            drain = _link.SenderNeeded() ? _link : null;
        }

        drain?.Drain();
        return true;
    }

    /// <summary>Gives a call object back; its result was taken.</summary>
    internal void Recycle(PendingCall call)
    {
        lock (_gate)
        {
            call.Begin(CallPhase.Free);
            _free.Push(call);
        }
    }

    internal PendingCall? Find(uint index)
    {
        var calls = Volatile.Read(ref _calls);
        return index < (uint)calls.Length ? Volatile.Read(ref calls[index]) : null;
    }

    private static FrameHeader HeaderOf(in RpcCall call, int bodyLength, int payloadLength, FrameFlags flags) => new()
    {
        Length = (uint)(FrameHeader.Size + bodyLength + payloadLength),
        Version = FrameHeader.CurrentVersion,
        Flags = flags | (call.Resent ? FrameFlags.Resent : 0) | (call.Compound ? FrameFlags.Compound : 0),
        Opcode = call.Opcode,
        Session = call.Session,
        Sequence = call.Sequence,
        Shard = call.Shard,
        Epoch = call.Epoch,
        BodyLength = (uint)bodyLength,
        PayloadLength = (uint)payloadLength,
        StatusOrSlot = call.Slot | (call.Generation << 16),
        TimeoutMs = call.TimeoutMs,
        Volume = call.Volume,
    };

    /// <summary>A large payload that cannot be lent to the socket is copied outside the lock, so that other callers are not held up.</summary>
    private RpcBuffer? CopyBeforeLocking(Payload payload)
    {
        if (payload.Length <= RpcLimits.CopyPayloadBytes)
            return null;
        return !payload.IsNative || Volatile.Read(ref _link) is { IsSending: true } ? payload.Copy() : null;
    }

    private PendingCall? TakeCall()
    {
        StartLocked();
        if (_disposed)
            return null;
        if (_free.TryPop(out var call))
            return call;
        if (_callCount == RpcLimits.Calls)
            return null;
        if (_callCount == _calls.Length)
        {
            var grown = _calls;
            Array.Resize(ref grown, _callCount * 2);
            Volatile.Write(ref _calls, grown);
        }

        call = new PendingCall(this, _callCount);
        _calls[_callCount++] = call;
        return call;
    }

    private void Prepare(PendingCall pending, in RpcCall call)
    {
        ArmTicker();
        pending.DeadlineMs = _nowMs + DeadlineTickMs + (call.TimeoutMs == 0 ? (long)_options.CallTime.TotalMilliseconds : call.TimeoutMs);
        pending.ReplyPayloadBuffer = call.ReplyPayloadBuffer;
        pending.ReplyPayloadLength = call.ReplyPayloadLength;
        pending.StartedAt = RpcMetrics.MeasuresCalls ? _options.Time.GetTimestamp() : 0;
    }

    private bool HasRoom(int frameLength) =>
        _link is { } link && _waitingCount == 0 && _sentCount < _options.InFlightCalls
        && (link.Queue.QueuedBytes == 0 || link.Queue.QueuedBytes + frameLength <= _options.QueuedBytes);

    /// <summary>Under the lock: queues the frame. Returns the link when the caller has to send.</summary>
    private ClientLink? Submit<TBody>(PendingCall pending, ref FrameHeader header, in TBody body, Payload payload, RpcBuffer? copied)
        where TBody : struct, IWireMessage<TBody>, allows ref struct
    {
        var link = _link!;
        pending.Begin(CallPhase.Sent);
        header.RequestId = pending.RequestId;
        Append(link.Queue, in header, in body);
        Interlocked.Increment(ref _sentCount);
        if (copied is not null)
        {
            link.Queue.AppendBuffer(copied);
        }
        else if (payload.Length <= RpcLimits.CopyPayloadBytes)
        {
            payload.CopyTo(link.Queue);
        }
        else if (link.TryBecomeSender())
        {
            payload.LendTo(link.Queue);
            return link;
        }
        else
        {
            payload.CopyTo(link.Queue);
        }

        return link.SenderNeeded() ? link : null;
    }

    /// <summary>Under the lock: keeps the frame until there is a connection and room.</summary>
    private ClientLink? Postpone<TBody>(PendingCall pending, ref FrameHeader header, in TBody body, Payload payload, RpcBuffer? copied)
        where TBody : struct, IWireMessage<TBody>, allows ref struct
    {
        copied?.Dispose();
        pending.Begin(CallPhase.Waiting);
        header.RequestId = pending.RequestId;
        var frame = RpcBuffer.Rent(FrameHeader.Size + (int)header.BodyLength);
        Write(frame.Span, in header, in body);
        pending.WaitingFrame = frame;
        pending.WaitingPayload = payload;
        _waiting.AddLast(pending.Node ??= new LinkedListNode<PendingCall>(pending));
        _waitingCount++;

        // The last answer may have come between the look at the limits and now, and found nobody waiting.
        Interlocked.MemoryBarrier();
        return _link is { } link && RefillLocked(link) && link.SenderNeeded() ? link : null;
    }

    private static void Append<TBody>(SendQueue queue, in FrameHeader header, in TBody body)
        where TBody : struct, IWireMessage<TBody>, allows ref struct
    {
        var length = FrameHeader.Size + (int)header.BodyLength;
        Write(queue.Reserve(length), in header, in body);
        queue.Commit(length);
    }

    private static void Write<TBody>(Span<byte> target, in FrameHeader header, in TBody body)
        where TBody : struct, IWireMessage<TBody>, allows ref struct
    {
        header.Write(target);
        var writer = new WireWriter(target[FrameHeader.Size..]);
        body.Write(ref writer);
        if (writer.Position != header.BodyLength)
            throw new InvalidOperationException($"the body of {header.Opcode} has {writer.Position} bytes and announced {header.BodyLength}");
    }

    private void StartLocked()
    {
        if (_started || _disposed)
            return;
        _started = true;
        new Thread(Run) { IsBackground = true, Name = "rpc-receive" }.Start();
    }
}
