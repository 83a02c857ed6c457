using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;

namespace SealFs.Client.Routing;

/// <summary>
/// Shard → connection. Holds the newest map, the session and the connections; <see cref="RoutedCall"/> does the retries. Handing in a newer map or token is
/// all that its owner does: no manager is needed here.
/// </summary>
public sealed partial class ClusterRouter : IAsyncDisposable
{
    private readonly ConcurrentBag<RoutedCall> _calls = [];
    private readonly NodeConnections _connections;
    private readonly ILogger _logger;
    private ClusterMap _map;
    private volatile bool _isStopping;

    /// <param name="session">Opened at the manager by whoever mounts.</param>
    /// <param name="generation">Incarnation of this worker within the session.</param>
    /// <param name="operationTimeoutMs">After this long without success an operation fails with EIO.</param>
    /// <param name="laneCount">Threads that send and receive small requests, each over connections of its own; with 0 every connection has its own receiver.</param>
    /// <param name="logger">Where lost connections and given-up operations are logged.</param>
    /// <param name="execution">What it runs on; the process's own when null.</param>
    public ClusterRouter(
        ClientSession session, ushort generation, int operationTimeoutMs, int laneCount, ILogger logger, ClientExecution? execution = null)
    {
        Execution = execution ?? new ClientExecution();
        _logger = logger;
        _map = session.Map;
        Session = session.Id;
        Volume = session.VolumeId;
        Generation = generation;
        OperationTimeoutMs = operationTimeoutMs;
        _connections = new NodeConnections(session, generation, laneCount, logger, node => NodeRestarted?.Invoke(node), Execution);
    }

    /// <summary>The threads that receive answers to small requests, for a worker that takes one over.</summary>
    public IReadOnlyList<RpcReceiverGroup> Lanes => _connections.Lanes;

    /// <summary>A node came back as another incarnation: it has forgotten what it held in memory, open references among it. Raised on a pool thread.</summary>
    public event Action<NodeId>? NodeRestarted;

    internal ClientExecution Execution { get; }

    public ClusterMap Map => Volatile.Read(ref _map);

    public SessionId Session { get; }

    public VolumeId Volume { get; }

    public ushort Generation { get; }

    public int OperationTimeoutMs { get; }

    public uint ShardCount => Map.ShardCount;

    public PartitionMap Partitions { get; } = new();

    public ClientMetrics Metrics { get; } = new();

    /// <summary>True once the mount is being torn down: what cannot be sent fails at once.</summary>
    public bool IsStopping
    {
        get => _isStopping;
        set => _isStopping = value;
    }

    /// <summary>Takes a newer map; older ones are ignored.</summary>
    public void Update(ClusterMap map)
    {
        var known = Map;
        while (map.Version > known.Version)
        {
            var seen = Interlocked.CompareExchange(ref _map, map, known);
            if (ReferenceEquals(seen, known))
            {
                LogNewMap(map.Version);
                return;
            }
            known = seen;
        }
    }

    /// <summary>Takes the session with a fresh token, for connections made from now on.</summary>
    public void Update(ClientSession session) => _connections.Update(session);

    /// <summary>A call object for work of the client's own; give it back with <see cref="Return"/>.</summary>
    public RoutedCall Rent() => (_calls.TryTake(out var call) ? call : new RoutedCall(this)).Begin(null);

    public void Return(RoutedCall call) => _calls.Add(call);

    /// <summary>A call object that belongs to the caller.</summary>
    public RoutedCall NewCall() => new(this);

    /// <summary>The connection to the node that serves a shard now, and the epoch to put into the request; null while nobody serves it.</summary>
    internal RpcChannel? Resolve(ShardId shard, int payloadBytes, out Epoch epoch)
    {
        var map = Map;
        epoch = default;
        if (!map.Contains(shard))
            return null;
        var assignment = map[shard];
        epoch = assignment.Epoch;
        return map.Node(assignment.Primary) is { } node ? _connections.To(node, payloadBytes >= Limits.BulkBytes) : null;
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        await _connections.DisposeAsync();
        Metrics.Dispose();
    }
}
