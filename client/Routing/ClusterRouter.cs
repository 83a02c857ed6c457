using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Routing;

/// <summary>
/// Shard → connection. Holds the newest map, what nodes said that it does not know yet, the session and the connections; <see cref="RoutedCall"/> does the
/// retries. Handing in a newer map or token is all that its owner does: no manager is needed here.
/// </summary>
public sealed partial class ClusterRouter : IAsyncDisposable
{
    private readonly ConcurrentBag<RoutedCall> _calls = [];
    private readonly NodeConnections _connections;
    private readonly ILogger _logger;
    private ClusterMap _map;
    private ShardCorrections? _corrections;
    private readonly ulong[] _verifiers;
    private volatile bool _isStopping;
    private volatile bool _sessionEnded;
    private long _lastWaitingLogMs = long.MinValue / 2;

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
        _verifiers = new ulong[session.Map.ShardCount];
        Session = session.Id;
        Volume = session.VolumeId;
        Generation = generation;
        OperationTimeoutMs = operationTimeoutMs;
        Names = new KnownNames(() => Execution.NowMs);
        _connections = new NodeConnections(session, generation, laneCount, logger, node => NodeRestarted?.Invoke(node), EndSession, Execution);
    }

    /// <summary>The threads that receive answers to small requests, for a worker that takes one over.</summary>
    public IReadOnlyList<RpcReceiverGroup> Lanes => _connections.Lanes;

    /// <summary>A node came back as another incarnation: it has forgotten what it held in memory, open references among it. Raised on a pool thread.</summary>
    public event Action<NodeId>? NodeRestarted;

    /// <summary>A newer map is in use: the one before, and the new one.</summary>
    public event Action<ClusterMap, ClusterMap>? MapChanged;

    /// <summary>A shard answers with another write verifier than before: it may have lost what it had acknowledged. Raised by background work.</summary>
    public event Action<ShardId, WriteVerifier>? VerifierChanged;

    internal ClientExecution Execution { get; }

    public ClusterMap Map => Volatile.Read(ref _map);

    public SessionId Session { get; }

    public VolumeId Volume { get; }

    public ushort Generation { get; }

    public int OperationTimeoutMs { get; }

    public uint ShardCount => Map.ShardCount;

    public PartitionMap Partitions { get; } = new();

    /// <summary>The names of directories that this client fills.</summary>
    public KnownNames Names { get; }

    public ClientMetrics Metrics { get; } = new();

    /// <summary>
    /// True once the manager or a node has said that the session is over: other clients may have changed since what this one still has to send, and no node takes it any more. Every
    /// operation fails with EIO. It does not become false again; another session needs another router.
    /// </summary>
    public bool SessionEnded => _sessionEnded;

    /// <summary>
    /// A successor whose predecessor had another session: the servers do not know any more what they answered to that one. What the kernel sends again may have been done, so it fails
    /// instead of being done twice.
    /// </summary>
    public bool HasLostSession { get; set; }

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
                DropCorrections(map);
                _connections.CloseAllBut(map);
                LogNewMap(map.Version);
                MapChanged?.Invoke(known, map);
                return;
            }
            known = seen;
        }
    }

    /// <summary>The session is over, see <see cref="SessionEnded"/>.</summary>
    public void EndSession()
    {
        if (_sessionEnded)
            return;
        _sessionEnded = true;
        LogSessionEnded(Session);
    }

    /// <summary>Takes the session with a fresh token, for connections made from now on.</summary>
    public void Update(ClientSession session) => _connections.Update(session);

    /// <summary>A call object for work of the client's own; give it back with <see cref="Return"/>.</summary>
    public RoutedCall Rent() => (_calls.TryTake(out var call) ? call : new RoutedCall(this)).Begin(null);

    public void Return(RoutedCall call) => _calls.Add(call);

    /// <summary>A call object that belongs to the caller.</summary>
    public RoutedCall NewCall() => new(this);

    internal void NoteVerifier(ShardId shard, WriteVerifier verifier)
    {
        if (!verifier.IsKnown || shard.Value >= _verifiers.Length)
            return;
        ref var known = ref _verifiers[shard.Value];
        if (Volatile.Read(ref known) == verifier.Value)
            return;
        var former = Interlocked.Exchange(ref known, verifier.Value);
        if (former != 0 && former != verifier.Value)
            _ = Execution.Tasks.StartNew(() => VerifierChanged?.Invoke(shard, verifier));
    }

    /// <summary>A request is waiting for longer than an operation may take. Logged once for all of them in that time.</summary>
    internal void NoteWaiting(Opcode opcode, ShardId shard, Errno status)
    {
        var nowMs = Execution.NowMs;
        var lastMs = Volatile.Read(ref _lastWaitingLogMs);
        if (nowMs - lastMs >= OperationTimeoutMs && Interlocked.CompareExchange(ref _lastWaitingLogMs, nowMs, lastMs) == lastMs)
            LogWaiting(opcode, shard, status);
    }

    /// <summary>The node that serves a shard as far as it is known here; none (0) while nobody does.</summary>
    public NodeId PrimaryOf(ShardId shard) => PlaceOf(Map, shard).Primary;

    /// <summary>The epoch that a request for a shard would carry now.</summary>
    internal Epoch EpochOf(ShardId shard)
    {
        var map = Map;
        return map.Contains(shard) ? PlaceOf(map, shard).Epoch : default;
    }

    /// <summary>A node that does not serve a shard says who does. It counts until a map comes that has this epoch.</summary>
    internal void Learn(ShardId shard, in EpochHint hint)
    {
        while (true)
        {
            var map = Map;
            var known = Volatile.Read(ref _corrections);
            if (!ShardCorrections.Corrects(map, shard, in hint) || hint.Epoch <= PlaceOf(map, shard).Epoch)
                return;
            var next = ShardCorrections.With(known, shard, in hint);
            if (!ReferenceEquals(Interlocked.CompareExchange(ref _corrections, next, known), known))
                continue;
            if (!ReferenceEquals(map, Map))
                DropCorrections(Map);
            return;
        }
    }

    /// <summary>The connection to the node that serves a shard now, and the epoch to put into the request; null while nobody serves it.</summary>
    internal RpcChannel? Resolve(ShardId shard, int payloadBytes, out Epoch epoch, out NodeId primary)
    {
        var map = Map;
        (epoch, primary) = map.Contains(shard) ? PlaceOf(map, shard) : default;
        return map.Node(primary) is { } node ? ConnectionTo(node, payloadBytes) : null;
    }

    /// <summary>The connection to a node; null when the map does not have it.</summary>
    internal RpcChannel? Resolve(NodeId id, int payloadBytes) => Map.Node(id) is { } node ? ConnectionTo(node, payloadBytes) : null;

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;

        // What lies in the bag belongs to a thread, which would keep all of this.
        _calls.Clear();
        await _connections.DisposeAsync();
        Metrics.Dispose();
    }

    private RpcChannel ConnectionTo(ClusterNode node, int payloadBytes) => _connections.To(node, payloadBytes >= Limits.BulkBytes);

    private EpochHint PlaceOf(ClusterMap map, ShardId shard)
    {
        if (Volatile.Read(ref _corrections) is { } corrections
            && corrections.TryGet(shard, out var hint)
            && ShardCorrections.Corrects(map, shard, in hint))
        {
            return hint;
        }
        var assignment = map[shard];
        return new EpochHint(assignment.Epoch, assignment.Primary);
    }

    private void DropCorrections(ClusterMap map)
    {
        while (Volatile.Read(ref _corrections) is { } known)
        {
            var left = ShardCorrections.Without(known, map);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _corrections, left, known), known))
                return;
        }
    }
}
