using SealFs.Core;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Routing;

/// <summary>
/// The outcome of a routed request, after all retries. Dispose it: it holds the receive buffer. The status is one that an application may see.
/// </summary>
public readonly unsafe struct Answer : IDisposable
{
    private readonly RpcResponse _response;

    internal Answer(Errno status) => Status = status;

    internal Answer(in RpcResponse response)
    {
        _response = response;
        Status = ToApplication(response.Status);
    }

    public Errno Status { get; }

    /// <summary>Of the shard that answered; not known when nobody answered.</summary>
    public WriteVerifier Verifier => _response.Header.Verifier;

    /// <summary>The shard that answered.</summary>
    public ShardId Shard => _response.Header.Shard;

    public bool Succeeded => Status == Errno.None;

    public byte* PayloadPointer => _response.PayloadPointer;

    public int PayloadLength => _response.Payload.Length;

    public ReadOnlySpan<byte> Payload => _response.Payload;

    /// <summary>Decodes the body of a success. A malformed one is EIO.</summary>
    public Errno TryRead<T>(out T message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        message = default;
        if (Status != Errno.None)
            return Status;
        return _response.TryRead(out message) ? Errno.None : Errno.EIO;
    }

    /// <summary>Decodes the body of a refusal; false when there is none.</summary>
    public bool TryReadRefusal<T>(out T message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        message = default;
        return Status != Errno.None && _response.Answered && _response.TryRead(out message);
    }

    public void Dispose() => _response.Dispose();

    /// <summary>What stays inside SealFS becomes EIO.</summary>
    internal static Errno ToApplication(Errno status) =>
        (int)status >= 4096 || status is Errno.ETIMEDOUT or Errno.ECANCELED or Errno.EPROTO ? Errno.EIO : status;
}
