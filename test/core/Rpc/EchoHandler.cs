using System.Collections.Concurrent;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Core.Tests.Rpc;

/// <summary>Answers with the body and payload it was sent. What a test wants otherwise it puts in <see cref="Intercept"/>.</summary>
internal sealed class EchoHandler : IRpcHandler
{
    private int _handled;

    /// <summary>Returns true when it took the request.</summary>
    public Func<RpcServerRequest, bool>? Intercept { get; set; }

    /// <summary>The same for Hello.</summary>
    public Func<RpcServerRequest, bool>? InterceptHello { get; set; }

    public ulong Incarnation { get; set; } = 7;

    public ConcurrentQueue<string> Disconnects { get; } = new();

    public ConcurrentQueue<RpcPeer> Peers { get; } = new();

    public int Handled => Volatile.Read(ref _handled);

    public void OnConnected(RpcPeer peer) => Peers.Enqueue(peer);

    public void Handle(RpcServerRequest request)
    {
        Interlocked.Increment(ref _handled);
        if (request.Header.Opcode == Opcode.Hello)
        {
            if (InterceptHello is { } refuse && refuse(request))
                return;
            request.Reply(Errno.None, new HelloReply(1, new NodeId(1), Incarnation, 256));
            return;
        }

        if (Intercept is { } intercept && intercept(request))
            return;
        request.Reply(Errno.None, new BytesMessage(request.Body), request.PayloadSpan);
    }

    public void OnDisconnected(RpcPeer peer, string reason) => Disconnects.Enqueue(reason);
}
