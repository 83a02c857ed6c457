using System.Diagnostics.CodeAnalysis;
using SealFs.Core;
using SealFs.Core.Control.V1;

namespace SealFs.Manager.Moves;

/// <summary>All moves, by id; the one that is open by its shard. A shard whose old copy is still being dropped can be moved again.</summary>
internal sealed class MoveTable
{
    private readonly SortedDictionary<ulong, MoveEntry> byId = [];
    private readonly Dictionary<ShardId, MoveEntry> openByShard = [];

    public int Count => byId.Count;

    public IEnumerable<MoveEntry> All => byId.Values;

    public int CountOf(MovePhase phase) => byId.Values.Count(move => move.Record.Phase == phase);

    public IEnumerable<MoveEntry> Open => byId.Values.Where(move => move.Record.IsOpen);

    public IEnumerable<MoveEntry> Copying => byId.Values.Where(move => move.Record.IsCopying);

    public IEnumerable<MoveEntry> Waiting => byId.Values.Where(move => move.Record.Phase == MovePhase.Waiting);

    public IEnumerable<MoveEntry> Dropping => byId.Values.Where(move => !move.Record.IsOpen);

    public IEnumerable<MoveEntry> Of(NodeId node) => byId.Values.Where(move => move.Record.Touches(node));

    public bool TryGet(ulong id, [NotNullWhen(true)] out MoveEntry? move) => byId.TryGetValue(id, out move);

    public MoveEntry? OpenOf(ShardId shard) => openByShard.GetValueOrDefault(shard);

    /// <summary>Adds a move, or takes its next step.</summary>
    public void Put(MoveRecord record)
    {
        if (byId.TryGetValue(record.Id, out var move))
            move.Record = record;
        else
            byId.Add(record.Id, move = new MoveEntry(record));
        if (record.IsOpen)
            openByShard[record.ShardId] = move;
        else if (openByShard.GetValueOrDefault(record.ShardId) == move)
            openByShard.Remove(record.ShardId);
    }

    public void Remove(ulong id)
    {
        if (byId.Remove(id, out var move) && openByShard.GetValueOrDefault(move.Record.ShardId) == move)
            openByShard.Remove(move.Record.ShardId);
    }
}
