using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.Manager.Balance;
using SealFs.Manager.Store;

namespace SealFs.Manager.Moves;

/// <summary>
/// Everything that changes in one step: it is stored as one batch, makes at most one new version of the map, and is in memory only when it is stored. What
/// has already been changed is seen by those who change more.
/// </summary>
internal sealed class ClusterChange(ClusterMap map, MoveTable moves, MoveTotalsRecord totals, PlacementRecord placement)
{
    private readonly Dictionary<NodeId, NodeRecord> nodes = [];
    private readonly Dictionary<ShardId, ShardAssignment> shards = [];
    private readonly Dictionary<ulong, MoveRecord?> changedMoves = [];
    private readonly Dictionary<VolumeId, HashSet<uint>> purgePending = [];

    public IReadOnlyDictionary<NodeId, NodeRecord> Nodes => nodes;

    public IReadOnlyDictionary<ShardId, ShardAssignment> Shards => shards;

    /// <summary>By id; null where a move is over.</summary>
    public IReadOnlyDictionary<ulong, MoveRecord?> Moves => changedMoves;

    /// <summary>Deleted volumes with all nodes that have something to purge.</summary>
    public IReadOnlyDictionary<VolumeId, HashSet<uint>> PurgePending => purgePending;

    public MoveTotalsRecord Totals { get; private set; } = totals;

    public PlacementRecord Placement { get; set; } = placement;

    public BalanceRecord? Balance { get; set; }

    /// <summary>The first map: every shard at once.</summary>
    public ReplicaSet[]? Built { get; set; }

    /// <summary>Set when nodes were added, changed or removed for everybody to see.</summary>
    public bool ChangesMapNodes { get; set; }

    public bool ChangesMap => Built is not null || shards.Count > 0 || ChangesMapNodes;

    /// <summary>The version that the map will have.</summary>
    public ulong MapVersion => map.Version + (ChangesMap ? 1UL : 0);

    public ShardAssignment this[ShardId shard]
    {
        get => shards.TryGetValue(shard, out var changed) ? changed : map[shard];
        set => shards[shard] = value;
    }

    public void Put(NodeRecord record) => nodes[new(record.Id)] = record;

    public void Put(MoveRecord record) => changedMoves[record.Id] = record;

    /// <summary>The move as it is after what has been changed so far; null when it is over.</summary>
    public MoveRecord? Move(ulong id) =>
        changedMoves.TryGetValue(id, out var changed) ? changed : moves.TryGet(id, out var move) ? move.Record : null;

    public IEnumerable<MoveRecord> AllMoves() =>
        moves.All.Select(move => move.Record.Id).Union(changedMoves.Keys).Select(Move).OfType<MoveRecord>().ToList();

    public ulong NewMoveId()
    {
        Totals = Totals with { LastMoveId = Totals.LastMoveId + 1 };
        return Totals.LastMoveId;
    }

    public MoveRecord Begin(MoveRecord waiting)
    {
        this[waiting.ShardId] = this[waiting.ShardId].WithLearner(waiting.TargetId);
        return Next(waiting.Began());
    }

    /// <summary>The target serves, and the source has a copy to drop.</summary>
    public MoveRecord Switch(MoveRecord move, ulong bytesCopied, ulong pauseMs)
    {
        this[move.ShardId] = this[move.ShardId].Switched(move.SourceId, move.TargetId);
        return Next(move.Switched(MapVersion, bytesCopied, pauseMs));
    }

    /// <summary>The source serves again, in a new epoch, and the target goes on as a learner, under a new move.</summary>
    public MoveRecord GoBack(MoveRecord move)
    {
        this[move.ShardId] = this[move.ShardId].Renewed();
        changedMoves[move.Id] = null;
        return Next(move.WentBack(NewMoveId()));
    }

    /// <summary>The move is over without having been made: what the target has is a leftover. The source serves, in a new epoch if it may have stopped.</summary>
    public void CallOff(MoveRecord move)
    {
        if (move.IsSwitching)
            this[move.ShardId] = this[move.ShardId].Renewed();
        if (move.IsCopying)
            this[move.ShardId] = this[move.ShardId].WithoutLearner(move.TargetId);
        changedMoves[move.Id] = null;
    }

    /// <summary>The source has dropped its copy, or will when it is heard again.</summary>
    public void Finish(MoveRecord move)
    {
        Totals = Totals.With(move);
        changedMoves[move.Id] = null;
    }

    /// <summary>Something of a deleted volume may have come to a node with a shard.</summary>
    public void PurgeAlso(VolumeRecord volume, params ReadOnlySpan<NodeId> holders)
    {
        var id = new VolumeId(volume.Id);
        if (!purgePending.TryGetValue(id, out var pending))
            purgePending[id] = pending = [.. volume.PurgePending];
        foreach (var node in holders)
            pending.Add(node.Value);
    }

    public void PurgeNoMore(VolumeRecord volume, NodeId node)
    {
        var id = new VolumeId(volume.Id);
        if (!purgePending.TryGetValue(id, out var pending))
            purgePending[id] = pending = [.. volume.PurgePending];
        pending.Remove(node.Value);
    }

    private MoveRecord Next(MoveRecord record)
    {
        Put(record);
        return record;
    }
}
