using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// A request as the handler sees it. The frame's memory and this object are the handler's until its one Reply call, from any thread; neither may
/// be touched afterwards. Replies to a connection that is gone are dropped.
/// </summary>
public sealed unsafe class RpcServerRequest
{
    private readonly ServerLink _link;
    private FrameHeader _header;
    private RpcBuffer? _buffer;
    private byte* _body;
    private int _live;

    internal RpcServerRequest(ServerLink link) => _link = link;

    public RpcPeer Peer => _link.Peer;

    public ref readonly FrameHeader Header => ref _header;

    public ReadOnlySpan<byte> Body => new(_body, (int)_header.BodyLength);

    /// <summary>Native memory; page-aligned when the frame is larger than <see cref="RpcLimits.SmallFrameBytes"/>.</summary>
    public byte* Payload { get; private set; }

    public int PayloadLength => (int)_header.PayloadLength;

    public ReadOnlySpan<byte> PayloadSpan => new(Payload, PayloadLength);

    /// <summary>The handler's own, cleared by the reply.</summary>
    public object? State { get; set; }

    /// <summary>Goes into the header of the answer.</summary>
    public WriteVerifier Verifier { get; set; }

    /// <summary>When the event loop saw the request, Environment.TickCount64.</summary>
    public long ReceivedAtMs { get; private set; }

    /// <summary>True when the sender has stopped waiting for the answer.</summary>
    public bool IsOverdue => _header.TimeoutMs != 0 && Environment.TickCount64 - ReceivedAtMs > _header.TimeoutMs;

    /// <summary>Decodes the body; false when it is malformed. A ref struct message points into the frame.</summary>
    public bool TryRead<T>(out T message)
        where T : struct, IWireMessage<T>, allows ref struct => WireBody.TryRead(Body, out message);

    /// <summary>Decodes the body; throws InvalidDataException when it is malformed.</summary>
    public T Read<T>()
        where T : struct, IWireMessage<T>, allows ref struct =>
        WireBody.TryRead<T>(Body, out var message) ? message : throw new InvalidDataException($"malformed body of {_header.Opcode}");

    /// <summary>A pooled buffer for <see cref="ReplyBuffer{T}(Errno, in T, RpcBuffer)"/>.</summary>
    public RpcBuffer RentBuffer(int bytes) => RpcBuffer.Rent(bytes);

    public void Reply(Errno status)
    {
        var empty = default(Messages.EmptyMessage);
        Reply(status, in empty, default);
    }

    public void Reply<T>(Errno status, in T body)
        where T : struct, IWireMessage<T>, allows ref struct => Reply(status, in body, default);

    /// <summary>Answers with a copy of the payload.</summary>
    public void Reply<T>(Errno status, in T body, ReadOnlySpan<byte> payload)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        End();
        _link.Answer(this, status, in body, payload, buffer: null);
    }

    public void ReplyBuffer<T>(in T body, RpcBuffer buffer)
        where T : struct, IWireMessage<T>, allows ref struct => ReplyBuffer(Errno.None, in body, buffer);

    /// <summary>Answers with the content of a buffer, which belongs to the connection from here on and is sent without a copy.</summary>
    public void ReplyBuffer<T>(Errno status, in T body, RpcBuffer buffer)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        ArgumentNullException.ThrowIfNull(buffer);
        End();
        _link.Answer(this, status, in body, default, buffer);
    }

    internal void Begin(in FrameHeader header, RpcBuffer buffer, byte* body, byte* payload, long nowMs)
    {
        buffer.AddReference();
        _header = header;
        _buffer = buffer;
        _body = body;
        Payload = payload;
        ReceivedAtMs = nowMs;
        Verifier = default;
        Volatile.Write(ref _live, 1);
    }

    /// <summary>True until it was answered.</summary>
    internal bool IsLive => Volatile.Read(ref _live) == 1;

    /// <summary>The frame, for the caller to release: this object goes back to the pool, where the loop may take it at once.</summary>
    internal RpcBuffer Detach()
    {
        State = null;
        var frame = _buffer!;
        _buffer = null;
        return frame;
    }

    /// <summary>The answer was not accepted: another one is due.</summary>
    internal void Revive() => Volatile.Write(ref _live, 1);

    private void End()
    {
        if (Interlocked.Exchange(ref _live, 0) != 1)
            throw new InvalidOperationException("a request is answered exactly once");
    }
}
