using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Routing;

/// <summary>One connection to each other node that this node talks to, made at the first call and made again where the node's address changed.</summary>
internal sealed class PeerConnections(NodeContext node) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<NodeId, RpcChannel> _connections = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>The connection to a node of the map; null when the map does not say how to reach it, or this node is stopping.</summary>
    public RpcChannel? To(ClusterMap map, NodeId peer)
    {
        if (map.Node(peer) is not { } description || EndpointOf(map, description) is not { } endpoint)
            return null;
        if (_connections.TryGetValue(peer, out var known) && known.Endpoint == endpoint)
            return known;
        return Replace(peer, endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _disposed = true;
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
    }

    private RpcChannel? Replace(NodeId peer, RpcEndpoint endpoint)
    {
        RpcChannel? old;
        RpcChannel connection;
        lock (_gate)
        {
            if (_disposed)
                return null;
            if (_connections.TryGetValue(peer, out old) && old.Endpoint == endpoint)
                return old;
            var options = new RpcClientOptions
            {
                Hello = WriteHello,
                Logger = node.Loggers.CreateLogger<RpcConnection>(),
                Time = node.Time,
                Random = node.Execution.Random,
            };
            connection = node.Execution.Connect(endpoint, options);
            _connections[peer] = connection;
        }

        // What is under way on the old one ends with Disconnected and is asked again on the new one.
        if (old is not null)
            _ = old.DisposeAsync().AsTask();
        return connection;
    }

    private RpcEndpoint? EndpointOf(ClusterMap map, ClusterNode peer)
    {
        var colon = peer.Address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(peer.Address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return null;
        var host = peer.Address[..colon].Trim('[', ']');
        var isNear = peer.UnixPath.Length != 0 && map.Node(node.Identity.Node)?.HostIdentity == peer.HostIdentity;
        return isNear ? RpcEndpoint.UnixOrTcp(peer.UnixPath, host, port) : RpcEndpoint.Tcp(host, port);
    }

    private int WriteHello(Span<byte> body, ConnectionAttempt attempt)
    {
        var self = new SessionId(node.Identity.Node.Value);
        var expires = node.Time.GetUtcNow() + Limits.TokenTime;
        var hello = new HelloRequest
        {
            ProtocolVersion = FrameHeader.CurrentVersion,
            Attempt = attempt,
            Role = PeerRole.Node,
            Session = self,
            Token = SessionToken.Create(node.TokenKey, new SessionClaims(self, default, TokenAccess.Node, expires.ToUnixTimeMilliseconds())),
        };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }
}
