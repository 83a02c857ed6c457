using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// Answers. On the loop's own thread they are gathered until the batch of requests is done; from any other thread they are sent at once.
/// </summary>
internal sealed unsafe partial class ServerLink
{
    /// <summary>Something waits for <see cref="SendGathered"/>; loop thread only.</summary>
    private bool _gathered;

    public void Answer<T>(RpcServerRequest request, Errno status, in T body, ReadOnlySpan<byte> payload, RpcBuffer? buffer)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        ref readonly var asked = ref request.Header;
        var bodyLength = body.Size;
        var payloadLength = buffer?.Length ?? payload.Length;
        if (bodyLength > RpcLimits.BodyBytes || payloadLength > RpcLimits.PayloadBytes)
        {
            // The request stays the handler's, which can still answer with an error; the event loop does when the exception reaches it.
            request.Revive();
            buffer?.Dispose();
            throw new InvalidOperationException($"the answer to {asked.Opcode} is over the limits: {bodyLength} + {payloadLength} bytes");
        }

        var header = new FrameHeader
        {
            Length = (uint)(FrameHeader.Size + bodyLength + payloadLength),
            Version = FrameHeader.CurrentVersion,
            Flags = FrameFlags.Response,
            Opcode = asked.Opcode,
            RequestId = asked.RequestId,
            Session = asked.Session,
            Sequence = new(request.Verifier.Value),
            Shard = asked.Shard,
            Epoch = asked.Epoch,
            BodyLength = (uint)bodyLength,
            PayloadLength = (uint)payloadLength,
            StatusOrSlot = (int)status,
            Volume = asked.Volume,
        };
        var heldBytes = asked.Length;
        var answered = (asked.Flags & FrameFlags.OneWay) == 0;
        if (buffer is null && payloadLength > RpcLimits.CopyPayloadBytes)
        {
            buffer = RpcBuffer.Rent(payloadLength);
            payload.CopyTo(buffer.Span);
        }

        RpcBuffer frame;
        bool send;
        lock (Gate)
        {
            // Body and payload may point into the request's own frame: it is let go of only after they were copied.
            if (answered)
                Enqueue(in header, in body, payload, ref buffer);
            if (asked.Opcode == Opcode.Hello && status == Errno.None)
                _greeted = true;
            frame = request.Detach();
            HeldRequests--;
            HeldBytes -= heldBytes;
            _idleRequests.Push(request);
            if (_pausedReading || (ClosingSinceMs != 0 && HeldRequests == 0))
                AskAttention();
            send = SenderNeeded();
        }

        frame.Dispose();
        buffer?.Dispose();
        _server.Memory.Freed();
        if (send)
            Drain();
    }

    public void Notify<T>(Opcode opcode, in T body)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var bodyLength = body.Size;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bodyLength, RpcLimits.BodyBytes, nameof(body));
        var header = new FrameHeader
        {
            Length = (uint)(FrameHeader.Size + bodyLength),
            Version = FrameHeader.CurrentVersion,
            Flags = FrameFlags.OneWay,
            Opcode = opcode,
            BodyLength = (uint)bodyLength,
        };
        bool send;
        lock (Gate)
        {
            RpcBuffer? none = null;
            Enqueue(in header, in body, default, ref none);
            send = SenderNeeded();
        }

        if (send)
            Drain();
    }

    /// <summary>Loop thread: sends what the batch left behind.</summary>
    public void SendGathered()
    {
        bool send;
        lock (Gate)
        {
            _gathered = false;
            send = Queue.QueuedBytes > 0 && TryBecomeSender();
        }

        if (send)
            Drain();
    }

    /// <summary>Under the lock. Takes the buffer over.</summary>
    private void Enqueue<T>(in FrameHeader header, in T body, ReadOnlySpan<byte> payload, ref RpcBuffer? buffer)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        if (IsClosed)
            return;
        var inline = buffer is null ? payload.Length : 0;
        var length = FrameHeader.Size + (int)header.BodyLength + inline;
        var target = Queue.Reserve(length);
        header.Write(target);
        var writer = new WireWriter(target[FrameHeader.Size..]);
        body.Write(ref writer);
        payload[..inline].CopyTo(target[(FrameHeader.Size + (int)header.BodyLength)..]);
        Queue.Commit(length);
        if (buffer is not null && buffer.Length > 0)
        {
            Queue.AppendBuffer(buffer);
            buffer = null;
        }

        if (Queue.QueuedBytes > _options.QueuedBytesHard && !_abort)
        {
            _abort = true;
            Interlocked.CompareExchange(ref _closeReason, "does not read its answers", null);
            AskAttention();
        }
    }

    private bool SenderNeeded()
    {
        if (Queue.QueuedBytes == 0)
            return false;
        if (EventLoop.Current != _loop || Queue.QueuedBytes >= RpcLimits.GatherBytes)
            return TryBecomeSender();
        if (!_gathered)
        {
            _gathered = true;
            _loop.Gather(this);
        }

        return false;
    }
}
