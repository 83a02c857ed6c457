using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Balance;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;

namespace SealFs.Manager;

/// <summary>Moves that people ask for, look at and call off.</summary>
internal sealed partial class ControlPlane
{
    public async Task<ListMovesResponse> ListMovesAsync(CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var recent = moveTotals.Recent ?? [];
        var response = new ListMovesResponse
        {
            Completed = moveTotals.Completed,
            CompletedBytes = moveTotals.CompletedBytes,
            LongestPauseMs = recent.Select(ended => ended.PauseMs).Concat(moves.Dropping.Select(move => move.Record.PauseMs)).DefaultIfEmpty().Max(),
        };
        response.Moves.AddRange(moves.All.OrderByDescending(move => move.Record.Phase).ThenBy(move => move.Record.Id).Select(Describe));
        return response;
    }

    public async Task<ulong> MoveShardAsync(MoveShardRequest request, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var target = RequireNode(request.Target);
        var shard = RequireShard(request.Shard);
        var source = Maps.Current.PrimaryOf(shard);
        if (Maps.Current[shard].Replicas.InSync.Contains(target.Id))
            throw Refusal.State($"Shard {shard} is on node '{target.Record.Name}' already.");
        if (ToPlacement(target).WhyNoTarget is { } reason)
            throw Refusal.State($"Shard {shard} cannot be moved to node '{target.Record.Name}': {reason}.");
        if (!HasRoom(shard, source, target))
            throw Refusal.State($"Shard {shard} cannot be moved to node '{target.Record.Name}': it has no room for it.");
        var change = NewChange();
        MakeWay(change, shard);
        var move = NewMove(change, new PlanStep(shard, source, target.Id, MoveReason.Manual));
        change.Put(move);
        change.Placement = change.Placement.Pin(shard);
        StartWaiting(change);
        await CommitAndTellAsync(change);
        return move.Id;
    }

    public async Task CancelMoveAsync(ulong id, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        if (!moves.TryGet(id, out var move))
            throw Refusal.NotFound($"There is no move {id}: it is over, or never was.");
        if (!move.Record.IsOpen)
            throw Refusal.State($"Move {id} has been made: node {move.Record.Target} serves shard {move.Record.Shard}.");
        var change = NewChange();
        change.CallOff(move.Record);

        // Otherwise the next plan would bring it back.
        change.Placement = change.Placement.Pin(move.Record.ShardId);
        await CommitAndTellAsync(change);
        LogCancelled(id, move.Record.Shard, move.Record.Source, move.Record.Target);
        HintForMoves();
    }

    /// <summary>Somebody's wish goes before a plan that has not begun.</summary>
    private void MakeWay(ClusterChange change, ShardId shard)
    {
        if (moves.OpenOf(shard) is not { } open)
            return;
        if (open.Record.Phase != MovePhase.Waiting)
            throw Refusal.State($"Shard {shard} is being moved to node {open.Record.Target} (move {open.Record.Id}); cancel that first.");
        change.CallOff(open.Record);
    }

    private bool HasRoom(ShardId shard, NodeId source, NodeEntry target)
    {
        var room = new RoomTally(Promised(moves.Copying.Select(move => move.Record)));
        return !nodes.TryGet(source, out var from) || room.Fits(shardUse.BytesOf(shard), ToPlacement(from), ToPlacement(target));
    }

    private ShardId RequireShard(uint shard)
    {
        if (shard >= cluster.ShardCount)
            throw Refusal.Invalid($"There is no shard {shard}: the cluster has {cluster.ShardCount}.");
        if (!cluster.MapBuilt)
            throw Refusal.NotYet("The cluster is waiting for its first storage nodes.");
        return new ShardId(shard);
    }

    /// <summary>By name, or else by id.</summary>
    private NodeEntry RequireNode(string node)
    {
        if (nodes.ByName(node) is { } named)
            return named;
        if (!uint.TryParse(node, out var id))
            throw Refusal.NotFound($"There is no node '{node}'.");
        if (nodes.WasRemoved(new NodeId(id), out var removed))
            throw Refusal.NotFound($"Node {id} '{removed.Record.Name}' was removed from the cluster.");
        return nodes.TryGet(new NodeId(id), out var found) ? found : throw Refusal.NotFound($"There is no node '{node}'.");
    }

    private static MoveStatus Describe(MoveEntry move)
    {
        var status = new MoveStatus
        {
            MoveId = move.Record.Id,
            Shard = move.Record.Shard,
            Source = move.Record.Source,
            Target = move.Record.Target,
            Phase = move.Record.Phase,
            Reason = move.Record.Reason,
            StartedUnixMs = move.Record.StartedUnixMs,
        };
        if (move.Copy is not null)
            status.Copy = move.Copy;
        return status;
    }
}
