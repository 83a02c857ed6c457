using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>From the RPC server to the dispatcher. A connection's session is kept with it, from Hello on.</summary>
internal sealed class ConnectionHandler(NodeContext node, Greeter greeter) : IRpcHandler
{
    private readonly RpcRequestSourcePool _sources = new();

    public void OnConnected(RpcPeer peer)
    {
    }

    public void Handle(RpcServerRequest request)
    {
        if (request.Header.Opcode == Opcode.Hello)
            Greet(request);
        else if (request.Peer.State is not Session session)
            request.Reply(Errno.SessionRefused);
        else if (session.IsOver)
            EndConnection(request);
        else
            node.Dispatcher.Dispatch(_sources.Rent(request), session);
    }

    public void OnDisconnected(RpcPeer peer, string reason)
    {
        if (peer.State is Session session)
            node.Sessions.Lost(session);
    }

    /// <summary>The client comes again, is refused at Hello, and knows by that that its session is over.</summary>
    private static void EndConnection(RpcServerRequest request)
    {
        var peer = request.Peer;
        request.Reply(Errno.SessionRefused);
        peer.Close("the session is over");
    }

    private void Greet(RpcServerRequest request)
    {
        if (!request.TryRead<HelloRequest>(out var hello))
        {
            request.Reply(Errno.Malformed);
            return;
        }

        var peer = request.Peer;
        var status = greeter.Greet(in hello, peer.State as byte[], peer.Certificate, out var session);
        if (status == Errno.ProofRequired)
        {
            if (peer.State is Session earlier)
                node.Sessions.Remove(earlier);
            var challenge = Greeter.NewChallenge();
            peer.State = challenge;
            request.Reply(Errno.ProofRequired, new HelloChallenge { Challenge = challenge });
            return;
        }

        if (status != Errno.None)
        {
            request.Reply(status);
            peer.Close("refused at Hello");
            return;
        }

        // A second Hello replaces the first: a client that renewed its token may say so on a living connection.
        if (peer.State is Session before)
            node.Sessions.Remove(before);
        peer.State = session;
        peer.IsExemptFromMemoryLimit = session!.Role == PeerRole.Node;
        request.Reply(Errno.None, greeter.Reply());
    }
}
