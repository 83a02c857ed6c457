using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Transactions;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// One shard that this node serves. Everything in it happens with its gate held, which <see cref="Enter"/> takes: no gate is ever held while another
/// one is taken, or while a request to another node is under way.
/// </summary>
public sealed partial class Shard : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Mutation _mutation;
    private readonly Dictionary<VolumeId, ShardUsage> _usage = [];
    private readonly NodeContext _node;
    private readonly ParkedRequests _parked = new();
    private CompoundPart? _part;
    private VolumeId _lastVolume;
    private ShardUsage? _lastUsage;

    internal Shard(NodeContext node, ShardId id, Epoch epoch)
    {
        _node = node;
        Id = id;
        Epoch = epoch;
        _openedAtMs = node.NowMs;
        Locks = new KeyLocks(_parked);
        _mutation = new Mutation(this, node.Engine);
        Load();
        Leases = new NameLeases(this);
        Transactions = new ShardTransactions(this);

        // Absent where a test needs no data.
        node.Contents?.ShardOpened(this);
        node.Copies.TakeReferences(this);
    }

    public ShardId Id { get; }

    /// <summary>Requests of another epoch are refused.</summary>
    public Epoch Epoch { get; internal set; }

    public NodeContext Node => _node;

    public KeyLocks Locks { get; }

    /// <summary>Which sessions have which inodes of this shard open.</summary>
    public OpenReferences Opens { get; } = new();

    /// <summary>Inodes without a name that are kept for a session, and their volumes.</summary>
    internal Dictionary<InodeId, VolumeId> Orphans { get; } = [];

    /// <summary>Mutations that were begun and not answered yet, so that a second copy of a request waits for the first.</summary>
    public PendingRequests Pending { get; } = new();

    /// <summary>Who counts on it that nobody else adds names to a directory.</summary>
    internal NameLeases Leases { get; }

    /// <summary>What is prepared here, and what this shard coordinates.</summary>
    internal ShardTransactions Transactions { get; }

    /// <summary>Goes into every answer: see <see cref="WriteVerifier"/>.</summary>
    public WriteVerifier Verifier { get; private set; }

    /// <summary>Number of the last commit.</summary>
    public ulong EffectSequence { get; internal set; }

    internal ulong NextInode { get; set; }

    internal ulong InodeSequenceReserved { get; set; }

    /// <summary>What is reserved is behind all numbers that were ever given out, and stays so whatever this machine loses.</summary>
    internal bool HasCertainInodes { get; set; }

    internal ParkedRequests Parked => _parked;

    /// <summary>What the parts of a compound run as. Only with the gate held.</summary>
    internal CompoundPart Part => _part ??= new CompoundPart(_node);

    internal bool GateIsHeld => _gate.IsHeldByCurrentThread;

    /// <summary>Takes the gate; dispose the scope to leave. Requests whose lock went meanwhile run then, on this thread.</summary>
    public ShardScope Enter()
    {
        _gate.Enter();
        return new ShardScope(this);
    }

    /// <summary>Starts over with nothing staged, for one volume. Only with the gate held.</summary>
    public Mutation Begin(VolumeId volume)
    {
        System.Diagnostics.Debug.Assert(GateIsHeld, "A shard's mutation is used with its gate held.");
        _mutation.Begin(volume);
        return _mutation;
    }

    /// <summary>Starts over for a compound: until its end every <see cref="Begin"/> goes on with what is staged. Only with the gate held.</summary>
    internal Mutation BeginCompound(VolumeId volume)
    {
        System.Diagnostics.Debug.Assert(GateIsHeld, "A shard's mutation is used with its gate held.");
        _mutation.BeginCompound(volume);
        return _mutation;
    }

    /// <summary>What earlier parts of a compound have staged. Only with the gate held.</summary>
    internal VolumeUsageDelta StagedUsage => _mutation.StagedUsage;

    /// <summary>What a volume uses in this shard. Only with the gate held.</summary>
    public ShardUsage Usage(VolumeId volume)
    {
        if (_lastUsage is not null && _lastVolume == volume)
            return _lastUsage;
        if (!_usage.TryGetValue(volume, out var usage))
        {
            usage = new ShardUsage(_node.Usage(volume), default);
            _usage.Add(volume, usage);
        }

        _lastVolume = volume;
        _lastUsage = usage;
        return usage;
    }

    /// <summary>The volumes that use something here.</summary>
    internal List<VolumeId> Volumes()
    {
        using (Enter())
            return [.. _usage.Where(static usage => usage.Value is not { UsedBytes: 0, Inodes: 0 }).Select(static usage => usage.Key)];
    }

    /// <summary>The volume was deleted with everything of it. Only with the gate held.</summary>
    internal void Forget(VolumeId volume)
    {
        var usage = Usage(volume);
        usage.Apply(new VolumeUsageDelta(-usage.UsedBytes, -usage.Inodes));
        _usage.Remove(volume);
        _lastUsage = null;
        foreach (var orphan in Orphans.Where(orphan => orphan.Value == volume).Select(orphan => orphan.Key).ToArray())
            Orphans.Remove(orphan);
    }

    public void Dispose()
    {
        Abandon();
        _mutation.Dispose();
    }

    /// <summary>Leaves the gate and runs what may run again.</summary>
    internal void Exit()
    {
        if (!_parked.HasReady)
        {
            _gate.Exit();
            return;
        }

        var ready = _parked.TakeReady();
        _gate.Exit();
        foreach (var request in ready)
            _node.Dispatcher.RunAgain(request);
    }

    /// <summary>Reads the shard's counters. The volumes' totals on the node were summed when the node opened its engine.</summary>
    private void Load()
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[ShardStateRow.MaxBytes];
        var length = _node.Engine.Get(Table.Metadata, MetadataKey.ShardState(from, Id), value);
        var state = length < 0 ? new ShardStateRow(0, InodeId.FirstOrdinarySequence) : ShardStateRow.Decode(value[..length]);
        EffectSequence = state.EffectSequence;

        // A machine that lost power may have lost the last reservations, and their numbers stand for transactions that participants still ask about.
        var isNew = length < 0 && _node.Identity.Incarnation <= 1;
        HasCertainInodes = isNew;
        NextInode = _firstInodeHere = InodeSequenceReserved = state.InodeSequence + (isNew ? 0 : NodeLimits.LostInodeSequences);

        using var rows = _node.Engine.Scan(
            Table.Metadata, MetadataKey.Kind(from, Id, default, (byte)'U'), MetadataKey.Kind(end, Id, default, (byte)'V'));
        while (rows.MoveNext())
        {
            var volume = new VolumeId(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(rows.Key[(MetadataKey.PrefixLength + 1)..]));
            var row = UsageRow.Decode(rows.Value);
            EffectSequence = Math.Max(EffectSequence, row.EffectSequence);
            _usage.Add(volume, new ShardUsage(_node.Usage(volume), row));
        }

        foreach (var volume in _usage.Keys)
            OrphanRow.Load(this, volume);
        Verifier = VerifierRow.Load(_node, Id);
    }
}
