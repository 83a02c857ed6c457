using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// The outcome of a call. Holds a reference to the receive buffer its body and payload live in: dispose it exactly once, and touch
/// neither afterwards. Outcomes that did not come from the peer (ETIMEDOUT, Disconnected, ECANCELED, Busy) have no header.
/// </summary>
public readonly unsafe struct RpcResponse : IDisposable
{
    private readonly RpcBuffer? _buffer;
    private readonly byte* _body;
    private readonly byte* _payload;

    /// <summary>An outcome of this side's own.</summary>
    internal RpcResponse(Errno status)
    {
        Status = status;
    }

    internal RpcResponse(in FrameHeader header, RpcBuffer? buffer, byte* body, byte* payload)
    {
        Status = header.Status;
        Header = header;
        _buffer = buffer;
        _body = body;
        _payload = payload;
    }

    /// <summary>
    /// What the peer answered; or ETIMEDOUT, Disconnected or ECANCELED, after each of which it is unknown whether the request was
    /// executed; or Busy, when it was never sent because too many calls are waiting.
    /// </summary>
    public Errno Status { get; }

    public FrameHeader Header { get; }

    /// <summary>True when the peer answered.</summary>
    public bool Answered => Header.Length != 0;

    public ReadOnlySpan<byte> Body => new(_body, (int)Header.BodyLength);

    public ReadOnlySpan<byte> Payload => new(_payload, (int)Header.PayloadLength);

    public byte* PayloadPointer => _payload;

    /// <summary>Decodes the body; false when it is malformed. A ref struct message points into this response's buffer.</summary>
    public bool TryRead<T>(out T message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        return WireBody.TryRead(Body, out message);
    }

    /// <summary>Decodes the body; throws InvalidDataException when it is malformed: the peer speaks another protocol.</summary>
    public T Read<T>()
        where T : struct, IWireMessage<T>, allows ref struct
    {
        if (!WireBody.TryRead<T>(Body, out var message))
            throw new InvalidDataException($"malformed answer to {Header.Opcode}");
        return message;
    }

    public void Dispose() => _buffer?.Dispose();
}
