using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;

namespace SealFs.Manager;

/// <summary>What heartbeats say of copies, and what nodes are told to do with them.</summary>
internal sealed partial class ControlPlane
{
    private void TakeUse(NodeEntry node, HeartbeatRequest request)
    {
        foreach (var report in request.Shards)
        {
            if (report.Shard < cluster.ShardCount && Maps.Current.PrimaryOf(new ShardId(report.Shard)) == node.Id)
                shardUse.Take(report);
        }
    }

    private async Task AdvanceMovesAsync(NodeEntry node, HeartbeatRequest request)
    {
        var reported = request.Copies.Select(copy => new ShardId(copy.Shard)).ToHashSet();
        TakeCopies(node, request, reported);
        var change = NewChange();
        FinishDropped(change, node, request, reported);
        if (movesAreDue)
            StartWaiting(change);
        await CommitAndTellAsync(change);
    }

    private void TakeCopies(NodeEntry node, HeartbeatRequest request, HashSet<ShardId> reported)
    {
        foreach (var copy in request.Copies)
        {
            if (moves.TryGet(copy.MoveId, out var move) && move.Record.TargetId == node.Id && move.Record.Shard == copy.Shard)
                move.Copy = copy;
        }
        foreach (var move in moves.Dropping.Where(move => move.Record.TargetId == node.Id))
            move.TargetServes |= request.MapVersion >= move.Record.SwitchVersion && !reported.Contains(move.Record.ShardId);
    }

    private void FinishDropped(ClusterChange change, NodeEntry node, HeartbeatRequest request, HashSet<ShardId> reported)
    {
        // A shard that came back before its old owner was told to drop it has nothing left to be dropped.
        foreach (var move in moves.Dropping.Where(move => move.Record.SourceId == node.Id && (move.SourceTold || HasPlace(node, move.Record.ShardId))))
        {
            if (request.MapVersion >= move.Record.SwitchVersion && !reported.Contains(move.Record.ShardId))
                change.Finish(move.Record);
        }
    }

    /// <summary>Commits, logs what began and ended, and makes the nodes ask for their orders.</summary>
    private async Task CommitAndTellAsync(ClusterChange change)
    {
        var begun = change.Moves.Values.OfType<MoveRecord>()
            .Where(move => move.Phase == MovePhase.Copying && !(moves.TryGet(move.Id, out var known) && known.Record.IsCopying))
            .ToList();
        var finished = change.Moves
            .Where(entry => entry.Value is null && moves.TryGet(entry.Key, out var known) && !known.Record.IsOpen)
            .Select(entry => entry.Key)
            .ToList();
        await CommitAsync(change);
        foreach (var move in begun)
            LogBegun(move.Id, move.Shard, move.Source, move.Target, move.Reason);
        foreach (var id in finished)
            LogFinished(id);
        if (begun.Count > 0)
            HintForMoves();
    }

    private void AnswerCopies(NodeEntry node, HeartbeatRequest request, HeartbeatResponse response)
    {
        foreach (var move in moves.Copying.Where(move => move.Record.TargetId == node.Id))
            response.CopyOrders.Add(Learn(move.Record));
        var drops = request.Copies.Select(copy => new ShardId(copy.Shard)).Where(shard => shard.Value < cluster.ShardCount && MayDrop(node, shard)).ToHashSet();
        foreach (var move in moves.Dropping.Where(move => move.Record.SourceId == node.Id && MayDrop(node, move.Record.ShardId)))
        {
            drops.Add(move.Record.ShardId);
            move.SourceTold = true;
        }
        foreach (var shard in drops)
            response.CopyOrders.Add(new CopyOrder { Action = CopyAction.Drop, Shard = shard.Value, Epoch = Maps.Current.EpochOf(shard).Value });
    }

    private CopyOrder Learn(MoveRecord move) => new()
    {
        Action = CopyAction.Learn,
        Shard = move.Shard,
        MoveId = move.Id,
        Source = move.Source,
        Epoch = Maps.Current.EpochOf(move.ShardId).Value,
        BytesPerSecond = balance.BytesPerSecond,
    };

    private bool HasPlace(NodeEntry node, ShardId shard) => Maps.Current[shard].Replicas.InSync.Contains(node.Id);

    /// <summary>
    /// Nothing wants the node's copy: it has no place in the map, no move that is open reads or makes it, and if it is what a move left behind, the new owner has been
    /// heard serving.
    /// </summary>
    private bool MayDrop(NodeEntry node, ShardId shard)
    {
        if (HasPlace(node, shard) || Maps.Current[shard].Replicas.Learners.Contains(node.Id))
            return false;
        if (moves.OpenOf(shard) is { } open && open.Record.Touches(node.Id))
            return false;
        return moves.Dropping.All(move => move.Record.ShardId != shard || HasServed(move));
    }

    /// <summary>The new owner has been heard serving. One that has no place any more has served, or nobody could have copied the shard from it.</summary>
    private bool HasServed(MoveEntry move) =>
        move.TargetServes || (nodes.TryGet(move.Record.TargetId, out var target) && !HasPlace(target, move.Record.ShardId));
}
