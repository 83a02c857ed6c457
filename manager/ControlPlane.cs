using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Balance;
using SealFs.Manager.Maps;
using SealFs.Manager.Membership;
using SealFs.Manager.Metrics;
using SealFs.Manager.Moves;
using SealFs.Manager.Sessions;
using SealFs.Manager.Store;
using SealFs.Manager.Volumes;

namespace SealFs.Manager;

/// <summary>
/// What the manager knows and decides; the gRPC service calls it. One operation at a time: each checks, writes its changes to the store as one batch, and only
/// then changes what is in memory, so that nobody ever sees what a crash could take back.
/// </summary>
internal sealed partial class ControlPlane : IAsyncDisposable
{
    private readonly ManagerOptions options;
    private readonly IManagerStore store;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly TurnGate gate = new();
    private readonly NodeTable nodes = new();
    private readonly VolumeTable volumes = new();
    private readonly SessionTable sessions;
    private readonly MoveTable moves = new();
    private readonly ShardUse shardUse;
    private readonly long started;
    private readonly CancellationTokenSource stopping = new();
    private ClusterRecord cluster;
    private MoveTotalsRecord moveTotals = new();
    private PlacementRecord placement = new();
    private BalanceRecord balance = BalanceRecord.Default;
    private Task expiry = Task.CompletedTask;
    private Task planning = Task.CompletedTask;
    private (ulong MapVersion, int Live, ulong LiveSum) countedBasis;
    private (ClusterRoom Room, ulong FreeBytes) disks = (new ClusterRoom(), 0);
    private long disksCountAgain;

    private ControlPlane(ManagerOptions options, IManagerStore store, ILogger logger, ClusterRecord cluster, ClusterMap map)
    {
        this.options = options;
        this.store = store;
        this.logger = logger;
        this.cluster = cluster;
        clock = options.Clock;
        started = clock.GetTimestamp();
        sessions = new SessionTable(options.FillRandom, cluster.Starts);
        shardUse = new ShardUse(cluster.ShardCount);
        Maps = new MapKeeper(map, clock);
        Metrics = new ManagerMetrics(this, options.Credentials, clock);
    }

    public MapKeeper Maps { get; }

    public ManagerMetrics Metrics { get; }

    /// <summary>True where callers show certificates.</summary>
    public bool KnowsCallers => options.Credentials is not null;

    /// <summary>Cancelled when the manager stops: what only waits ends.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>For metrics: may be a moment old.</summary>
    public (int Live, int Dead, int Volumes, int Sessions) Counts { get; private set; }

    /// <summary>For metrics: what the live nodes have, and what nobody serves. May be a moment old.</summary>
    public (ulong CapacityBytes, ulong FreeBytes, int ShardsUnavailable) Space { get; private set; }

    /// <summary>For metrics: nodes whose last heartbeat said that a disk has failed, so that they serve nothing. May be a moment old.</summary>
    public int FailedNodes { get; private set; }

    /// <summary>For metrics: the moves in each phase, and what was moved since the store was made. May be a moment old.</summary>
    public (int Waiting, int Copying, int Switching, int Dropping, ulong Completed, ulong Bytes) MoveCounts { get; private set; }

    /// <summary>Ends what only waits; everything else goes on until disposed.</summary>
    public void BeginStop() => stopping.Cancel();

    public async ValueTask DisposeAsync()
    {
        stopping.Cancel();
        await expiry;
        await planning;
        using (await EnterAsync(CancellationToken.None))
            await StoreUsageAsync();
        Metrics.Dispose();
        stopping.Dispose();
    }

    private async Task<Turn> EnterAsync(CancellationToken cancellation)
    {
        await gate.EnterAsync(cancellation);
        return new Turn(this);
    }

    /// <summary>Once a batch is on its way to the store it is not cancelled: the store and the memory must agree afterwards.</summary>
    private async ValueTask SaveAsync(StoreBatch batch)
    {
        if (!batch.IsEmpty)
            await store.ApplyAsync(batch, CancellationToken.None);
    }

    private long After(TimeSpan span) => clock.GetTimestamp() + (long)(span.TotalSeconds * clock.TimestampFrequency);

    private ulong LeftMs(long end) => (ulong)Math.Max(0, (end - clock.GetTimestamp()) * 1000.0 / clock.TimestampFrequency);

    private long NowUnixMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private IReadOnlyCollection<NodeId> LiveNodeIds() => [.. nodes.Live.Select(node => node.Id)];

    private void CountUp()
    {
        var live = nodes.Live.Count();
        Counts = (live, nodes.Count - live, volumes.ActiveCount, sessions.Count);
        FailedNodes = nodes.All.Count(static node => node.LastHeartbeat is { Health: NodeHealth.Failed });
        Space = (disks.Room.CapacityBytes, disks.FreeBytes, CountUnavailable());
        MoveCounts = (
            moves.CountOf(MovePhase.Waiting),
            moves.CountOf(MovePhase.Copying),
            moves.CountOf(MovePhase.Switching),
            moves.CountOf(MovePhase.Dropping),
            moveTotals.Completed,
            moveTotals.CompletedBytes);
    }

    private int CountUnavailable()
    {
        var map = Maps.Current;
        var liveSum = 0ul;
        foreach (var node in nodes.Live)
            liveSum += node.Id.Value;

        // Shards are many and turns are frequent: they are counted anew only when the map or who is live has changed.
        var basis = (map.Version, Counts.Live, liveSum);
        if (basis == countedBasis)
            return Space.ShardsUnavailable;
        countedBasis = basis;
        var alive = LiveNodeIds().ToHashSet();
        return map.IsBuilt ? map.Shards.Count(shard => !alive.Contains(shard.Primary)) : 0;
    }

    /// <summary>The right to change the state; ends when disposed.</summary>
    private readonly struct Turn(ControlPlane owner) : IDisposable
    {
        public void Dispose()
        {
            owner.CountUp();
            owner.gate.Leave();
        }
    }
}
