using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Routing;

/// <summary>
/// Connections to the other nodes that this node talks to, made at the first call and made again where the node's address changed: one for each lane that asks,
/// so that the answer comes to the thread that asked. Without lanes each has a receiver of its own.
/// </summary>
internal sealed class PeerConnections(NodeContext node, IReadOnlyList<RpcReceiverGroup> lanes) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(NodeId Peer, int Lane), RpcChannel> _connections = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>The connection to a node of the map; null when the map does not say how to reach it, or this node is stopping.</summary>
    public RpcChannel? To(ClusterMap map, NodeId peer)
    {
        if (map.Node(peer) is not { } description || EndpointOf(map, description) is not { } endpoint)
            return null;
        var lane = LaneOf(map.Nodes.Length);
        if (_connections.TryGetValue((peer, lane), out var known) && known.Endpoint == endpoint)
            return known;
        return Replace(peer, lane, endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _disposed = true;
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
    }

    /// <summary>The calling thread's, where it is one's; fewer are used in a large cluster, as a connection takes a thread and a buffer.</summary>
    private int LaneOf(int nodes)
    {
        var count = Math.Min(lanes.Count, Limits.PeerConnections / Math.Max(nodes, 1));
        return count <= 1 || RpcReceiverGroup.Current is not { } current ? 0 : current.Index % count;
    }

    private RpcChannel? Replace(NodeId peer, int lane, RpcEndpoint endpoint)
    {
        RpcChannel? old;
        RpcChannel connection;
        lock (_gate)
        {
            if (_disposed)
                return null;
            if (_connections.TryGetValue((peer, lane), out old) && old.Endpoint == endpoint)
                return old;
            var options = new RpcClientOptions
            {
                Hello = (body, attempt) => WriteHello(body, attempt, default),
                Prove = WriteHello,
                Credentials = node.Credentials,
                Logger = node.Loggers.CreateLogger<RpcConnection>(),
                Time = node.Time,
                Random = node.Execution.Random,
                Receivers = lanes.Count > 0 ? lanes[lane] : null,
            };
            connection = node.Execution.Connect(endpoint, options);
            _connections[(peer, lane)] = connection;
        }

        // What is under way on the old one ends with Disconnected and is asked again on the new one.
        if (old is not null)
            _ = old.DisposeAsync().AsTask();
        return connection;
    }

    private RpcEndpoint? EndpointOf(ClusterMap map, ClusterNode peer)
    {
        if (!RpcEndpoint.TryParse(peer.Address, out var tcp))
            return null;
        var isNear = peer.UnixPath.Length != 0 && map.Node(node.Identity.Node)?.HostIdentity == peer.HostIdentity;
        return isNear ? tcp!.WithUnix(peer.UnixPath) : tcp;
    }

    private int WriteHello(Span<byte> body, ConnectionAttempt attempt, ReadOnlySpan<byte> challenge)
    {
        var self = new SessionId(node.Identity.Node.Value);
        var key = node.PeerKey;
        var hello = new HelloRequest
        {
            ProtocolVersion = FrameHeader.CurrentVersion,
            Attempt = attempt,
            Role = PeerRole.Node,
            Session = self,
            Token = node.PeerToken.Span,
            Key = key is null ? [] : key.PublicKey,
            Proof = key is null || challenge.IsEmpty ? [] : key.Sign(BearerStatement.Hello, self, challenge),
        };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }
}
