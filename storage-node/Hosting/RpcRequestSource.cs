using SealFs.Core;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>A request that came over a connection. Pooled: given back by its reply.</summary>
internal sealed unsafe class RpcRequestSource(RpcRequestSourcePool pool) : IRequestSource
{
    private RpcServerRequest _request = null!;
    private RpcBuffer? _rented;

    public ref readonly FrameHeader Header => ref _request.Header;

    public ReadOnlySpan<byte> Body => _request.Body;

    public byte* Payload => _request.Payload;

    public int PayloadLength => _request.PayloadLength;

    public WriteVerifier Verifier
    {
        set => _request.Verifier = value;
    }

    public void Bind(RpcServerRequest request) => _request = request;

    public void Reply(Errno status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> payload)
    {
        var (request, rented) = Release();
        rented?.Dispose();
        request.Reply(status, new EncodedBody(body), payload);
    }

    public byte* RentPayload(int capacityBytes)
    {
        _rented?.Dispose();
        _rented = RpcBuffer.Rent(capacityBytes);
        return _rented.Address;
    }

    public void ReplyRented(Errno status, ReadOnlySpan<byte> body, int payloadLength)
    {
        var (request, rented) = Release();
        rented!.SetContent(0, payloadLength);
        request.ReplyBuffer(status, new EncodedBody(body), rented);
    }

    private (RpcServerRequest Request, RpcBuffer? Rented) Release()
    {
        var released = (_request, _rented);
        _request = null!;
        _rented = null;
        pool.Return(this);
        return released;
    }
}
