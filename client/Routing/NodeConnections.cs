using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;

namespace SealFs.Client.Routing;

/// <summary>
/// The connections to storage nodes, made when first needed: for each node one for small requests in every lane and one for large transfers, through the node's
/// Unix socket where both share a host. A lane is a thread with connections of its own, so that what it sends is answered on it, and no lock is shared.
/// </summary>
internal sealed partial class NodeConnections(
    ClientSession session, ushort generation, int laneCount, ILogger logger, Action<NodeId> restarted, Action sessionEnded, ClientExecution execution) : IAsyncDisposable
{
    private readonly RpcReceiverGroup[] _lanes = Enumerable.Range(0, laneCount).Select(index => new RpcReceiverGroup(index)).ToArray();
    private readonly Lock _gate = new();
    private Entry?[] _entries = new Entry?[16];
    private ClientSession _session = session;

    public IReadOnlyList<RpcReceiverGroup> Lanes => _lanes;

    /// <summary>Connections made from now on show this session's token.</summary>
    public void Update(ClientSession newer) => Volatile.Write(ref _session, newer);

    public RpcChannel To(ClusterNode node, bool bulk)
    {
        var entries = Volatile.Read(ref _entries);
        var entry = node.Id.Value < (uint)entries.Length ? Volatile.Read(ref entries[node.Id.Value]) : null;
        if (entry is null || !ReferenceEquals(entry.Node, node))
            entry = Refresh(node);
        return bulk ? entry.Bulk : entry.Small[(RpcReceiverGroup.Current?.Index ?? 0) % entry.Small.Length];
    }

    /// <summary>Closes the connections to nodes that left the cluster. What is under way on one ends with Disconnected, and asks whom the map names now.</summary>
    public void CloseAllBut(ClusterMap map)
    {
        lock (_gate)
        {
            for (var index = 0; index < _entries.Length; index++)
            {
                if (_entries[index] is not { } entry || map.Node(entry.Node.Id) is not null)
                    continue;
                Volatile.Write(ref _entries[index], null);
                LogLeft(logger, entry.Node.Id);
                _ = entry.DisposeAsync().AsTask();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var entry in _entries)
        {
            if (entry is not null)
                await entry.DisposeAsync();
        }
        foreach (var lane in _lanes)
            lane.Dispose();
    }

    /// <summary>The map has a node that is new or was changed: its connections are kept unless it is reached in another way now.</summary>
    private Entry Refresh(ClusterNode node)
    {
        lock (_gate)
        {
            if (node.Id.Value >= (uint)_entries.Length)
            {
                var grown = _entries;
                Array.Resize(ref grown, (int)node.Id.Value * 2);
                Volatile.Write(ref _entries, grown);
            }
            var known = _entries[node.Id.Value];
            if (ReferenceEquals(known?.Node, node))
                return known;
            var endpoint = EndpointOf(node);
            var entry = known is not null && known.Endpoint == endpoint ? known with { Node = node } : Connect(node, endpoint, known?.Incarnation ?? new Incarnation());
            Volatile.Write(ref _entries[node.Id.Value], entry);
            if (known is not null && !ReferenceEquals(known.Bulk, entry.Bulk))
                _ = known.DisposeAsync().AsTask();
            return entry;
        }
    }

    /// <param name="node">Whom to reach.</param>
    /// <param name="endpoint">Where.</param>
    /// <param name="incarnation">What is known of the node from connections to an earlier address: it may have been restarted on its way to the new one.</param>
    private Entry Connect(ClusterNode node, RpcEndpoint endpoint, Incarnation incarnation)
    {
        RpcReceiverGroup?[] lanes = _lanes.Length > 0 ? _lanes : new RpcReceiverGroup?[1];
        var small = lanes.Select(lane => Open(node.Id, endpoint, incarnation, lane)).ToArray();
        return new Entry(node, endpoint, incarnation, small, Open(node.Id, endpoint, incarnation, null));
    }

    private RpcChannel Open(NodeId node, RpcEndpoint endpoint, Incarnation incarnation, RpcReceiverGroup? lane)
    {
        var connection = execution.Connect(endpoint, new RpcClientOptions
        {
            Hello = (body, attempt) => WriteHello(body, attempt, default),
            Prove = WriteHello,
            Credentials = execution.Credentials,
            Logger = logger,
            Receivers = lane,
            Time = execution.Time,
            Random = execution.Random,
        });
        connection.ConnectionChanged += (RpcChannel _, in RpcConnectionChange change) =>
        {
            // Nothing else is answered so: a node that does not know yet which sessions live is Busy, and a token that has run out is TokenExpired.
            if (change.Refusal == Errno.SessionRefused)
                sessionEnded();
            if (!change.Connected || !incarnation.IsAnother(change.PeerIncarnation))
                return;
            LogRestarted(logger, node);
            execution.Tasks.StartNew(() => restarted(node));
        };
        return connection;
    }

    private int WriteHello(Span<byte> body, ConnectionAttempt attempt, ReadOnlySpan<byte> challenge) =>
        Volatile.Read(ref _session).WriteHello(body, attempt, PeerRole.Client, generation, challenge);

    private static RpcEndpoint EndpointOf(ClusterNode node)
    {
        if (!RpcEndpoint.TryParse(node.Address, out var tcp))
            throw new InvalidDataException($"node {node.Id} has the address '{node.Address}', which is none");
        return node.UnixPath.Length > 0 && node.HostIdentity == HostIdentity.Current
            ? tcp!.WithUnix(node.UnixPath)
            : tcp!;
    }

    [LoggerMessage(3011, LogLevel.Information, "Node {Node} was restarted: what this client has open is registered again")]
    private static partial void LogRestarted(ILogger logger, NodeId node);

    [LoggerMessage(3012, LogLevel.Information, "Node {Node} left the cluster: its connections are closed")]
    private static partial void LogLeft(ILogger logger, NodeId node);

    private sealed record Entry(ClusterNode Node, RpcEndpoint Endpoint, Incarnation Incarnation, RpcChannel[] Small, RpcChannel Bulk)
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var connection in Small)
                await connection.DisposeAsync();
            await Bulk.DisposeAsync();
        }
    }

    /// <summary>What a node said last; shared by its connections, so that a restart is reported once.</summary>
    private sealed class Incarnation
    {
        private ulong _last;

        public bool IsAnother(ulong incarnation) => Interlocked.Exchange(ref _last, incarnation) is not 0 and var before && before != incarnation;
    }
}
