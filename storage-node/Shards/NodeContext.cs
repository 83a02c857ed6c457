using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Core.Security;
using SealFs.Core.Tokens;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Sessions;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// Everything that one storage node's operations share: its engine, shards, volumes and sessions, and the parts that other folders bring. Put together by
/// <see cref="NodeHost"/>; several can live in one process.
/// </summary>
public sealed partial class NodeContext : IDisposable
{
    private readonly ConcurrentDictionary<VolumeId, VolumeUsage> _usage = new();
    private volatile FrozenDictionary<VolumeId, VolumeState> _volumes = FrozenDictionary<VolumeId, VolumeState>.Empty;
    private volatile ClusterMap? _map;
    private volatile bool _isMember;

    public NodeContext(IMetadataEngine engine, NodeIdentity identity, TimeProvider time, ILoggerFactory loggers, NodeExecution? execution = null)
    {
        Engine = engine;
        Identity = identity;
        Time = time;
        Loggers = loggers;
        Execution = execution ?? new NodeExecution();
        StartedAtMs = NowMs;
        _backgroundRate = new LogRate(time);
        _failures = loggers.CreateLogger<NodeContext>();
        engine.Failed = EngineFailed;
        Sessions = new SessionTable(time);
        Metrics = new NodeMetrics(this);
        Requests = new NodeRequestPool(this);
        Dispatcher = new Dispatcher(this, loggers.CreateLogger<Dispatcher>());
        GroupCommit = new GroupCommit(this, loggers.CreateLogger<GroupCommit>());
        Copies = new HeldCopies(engine);
        Shards = new ShardTable(this);
        RememberLeaving();
    }

    public IMetadataEngine Engine { get; }

    /// <summary>Who this node is: its id is known after it registered first.</summary>
    public NodeIdentity Identity { get; }

    public TimeProvider Time { get; }

    public ILoggerFactory Loggers { get; }

    public NodeExecution Execution { get; }

    /// <summary>Where background work runs that does not wait for a disk.</summary>
    public TaskFactory Tasks => Execution.Tasks;

    /// <summary>Milliseconds of the node's monotonic clock, for deadlines.</summary>
    public long NowMs => Time.Milliseconds();

    /// <summary>How long a shard that was opened keeps what loses its last name, for clients that have not said yet that they have it open.</summary>
    public TimeSpan ReassertTime { get; set; } = NodeLimits.ReassertTime;

    /// <summary>How long a client that fills a directory counts on being the only one; 0 for never.</summary>
    public TimeSpan NameLeaseTime { get; set; } = TimeSpan.FromMilliseconds(Core.Messages.NameLease.DurationMs);

    /// <summary><see cref="NowMs"/> when the node started.</summary>
    public long StartedAtMs { get; }

    public OperationTable Operations { get; } = new();

    public Dispatcher Dispatcher { get; }

    public ShardTable Shards { get; }

    /// <summary>What is here of shards that this node does not serve.</summary>
    public HeldCopies Copies { get; }

    public GroupCommit GroupCommit { get; }

    public SessionTable Sessions { get; }

    public NodeMetrics Metrics { get; }

    /// <summary>Brought by Transactions/.</summary>
    public ICrossShardOperations CrossShard { get; set; } = null!;

    /// <summary>Brought by Files/.</summary>
    public IFileContents Contents { get; set; } = null!;

    /// <summary>Brought by Quota/.</summary>
    public IVolumeQuota Quota { get; set; } = null!;

    /// <summary>Asks for a heartbeat at once: something in it cannot wait. Set by the host.</summary>
    public Action RequestHeartbeat { get; set; } = static () => { };

    /// <summary>For tests of tests.</summary>
    public PlantedBugs PlantedBugs { get; set; }

    /// <summary>Told of the steps of moves (<see cref="MoveSteps"/>); what it throws the step fails with. For tests.</summary>
    public Action<string>? Reached { get; set; }

    /// <summary>Passes closes on to the nodes that serve the shards. Brought by Replication/.</summary>
    internal Action<SessionId, VolumeId, List<Core.Messages.OpenReference>, Action<Errno>> CloseElsewhere { get; set; } = static (_, _, _, answer) => answer(Errno.None);

    /// <summary>The manager's public key, by which tokens are checked; empty before the first registration.</summary>
    public byte[] TokenKey { get; set; } = [];

    /// <summary>The key that <see cref="PeerToken"/> names. A new one at each start; null: the token names none.</summary>
    public BearerKey? PeerKey { get; set; }

    /// <summary>With which TLS is spoken to other nodes; null: none can be.</summary>
    public ICredentialSource? Credentials { get; set; }

    /// <summary>Shown to the other nodes; the manager renews it in its answers to heartbeats.</summary>
    public ReadOnlyMemory<byte> PeerToken { get; set; }

    /// <summary>The metadata disk is so full that what adds to it answers ENOSPC. Removing goes on.</summary>
    public bool MetadataDiskIsFull { get; set; }

    /// <summary>What the disks of the cluster have, as of the last heartbeat; null before the first.</summary>
    public ClusterRoom? Room { get; set; }

    /// <summary>The newest cluster map this node has.</summary>
    public ClusterMap? Map => _map;

    public uint ShardCount => Shards.ShardCount;

    internal NodeRequestPool Requests { get; }

    /// <summary>Every volume that the manager named in its last heartbeat.</summary>
    public IEnumerable<VolumeState> Volumes => _volumes.Values;

    /// <summary>Nanoseconds since 1970 UTC.</summary>
    public long NowNs => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>The volume, or null when the manager has not named it (yet), or names it no more.</summary>
    public VolumeState? Volume(VolumeId volume) => _volumes.GetValueOrDefault(volume);

    /// <summary>What a volume uses on this node.</summary>
    public VolumeUsage Usage(VolumeId volume) => _usage.GetOrAdd(volume, static id => new VolumeUsage(id));

    /// <summary>Usage of every volume that has something here, or had.</summary>
    public IEnumerable<VolumeUsage> AllUsage => _usage.Values;

    /// <summary>
    /// True where the volume asks that nothing is acknowledged before it is on stable storage. Of a volume that the manager has not named yet nobody knows: just after a start, or
    /// just after the volume was made. It is treated as if it did.
    /// </summary>
    public bool IsSyncVolume(VolumeId volume) => _volumes.TryGetValue(volume, out var state) ? state.Sync : _isMember && volume.Value != 0;

    /// <summary>Follows a newer map; an older one is ignored, and every one as long as the node does not know who it is.</summary>
    public void Follow(ClusterMap map)
    {
        if (Identity.Node.Value == 0)
            return;
        if (_map is { } present && present.ClusterId == map.ClusterId && present.Version >= map.Version)
            return;
        var isFirst = _map is null;
        _map = map;
        Shards.Follow(map, Identity.Node);
        if (isFirst)
            NoteLeftovers();
    }

    /// <summary>Takes over what a heartbeat said of the volumes.</summary>
    public void Follow(IEnumerable<VolumeState> volumes) => _volumes = volumes.ToFrozenDictionary(volume => volume.Id);

    /// <summary>The node is one of a cluster, whose manager tells it of the volumes from now on.</summary>
    public void BecomeMember() => _isMember = true;

    public void Dispose()
    {
        GroupCommit.Dispose();
        Metrics.Dispose();
        Shards.Dispose();
    }
}
