using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;

namespace SealFs.Manager;

/// <summary>The two steps that the target of a move asks for. Each is one batch in the store, since clients of the shard wait for the second.</summary>
internal sealed partial class ControlPlane
{
    public async Task BeginSwitchAsync(BeginSwitchRequest request, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var node = CheckCaller(request.NodeId, request.Incarnation);
        if (!moves.TryGet(request.MoveId, out var move) || move.Record.TargetId != node.Id || !move.Record.IsCopying)
            throw Refusal.State($"Move {request.MoveId} to node {request.NodeId} is not wanted any more.");
        if (move.Record.IsSwitching)
            return;
        if (WhyNotNow(move.Record) is { } reason)
            throw Refusal.NotYet($"Move {request.MoveId} cannot switch now: {reason}.");
        var change = NewChange();
        change.Put(move.Record.Switching());
        PurgeAgain(change, move.Record);
        await CommitAsync(change);
        LogSwitching(move.Record.Id, move.Record.Shard, move.Record.Source, move.Record.Target);
    }

    public async Task<CompleteMoveResponse> CompleteMoveAsync(CompleteMoveRequest request, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var node = CheckCaller(request.NodeId, request.Incarnation);
        if (!WasCompleted(request.MoveId, node.Id))
        {
            if (!moves.TryGet(request.MoveId, out var move) || move.Record.TargetId != node.Id || !move.Record.IsSwitching)
                throw Refusal.State($"Move {request.MoveId} to node {request.NodeId} was called off.");
            await SwitchAsync(move.Record, request);
        }
        return new CompleteMoveResponse { Update = Maps.UpdateFrom(request.HaveMapVersion) };
    }

    private async Task SwitchAsync(MoveRecord move, CompleteMoveRequest request)
    {
        var change = NewChange();
        change.Switch(move, request.BytesCopied, request.PauseMs);
        await CommitAsync(change);
        if (nodes.TryGet(move.SourceId, out var source))
            source.Drain?.Left(Math.Max(shardUse.BytesOf(move.ShardId), request.BytesCopied));
        Metrics.RecordPause(TimeSpan.FromMilliseconds(request.PauseMs));
        LogSwitched(move.Id, move.Shard, move.Source, move.Target, Maps.Current.EpochOf(move.ShardId).Value, request.EffectSequence, request.BytesCopied, request.PauseMs);
        HintForMoves();
    }

    private bool WasCompleted(ulong id, NodeId target) => moves.TryGet(id, out var move)
        ? move.Record.TargetId == target && !move.Record.IsOpen
        : moveTotals.Recent?.Any(ended => ended.Id == id && ended.Target == target.Value) == true;

    private string? WhyNotNow(MoveRecord move)
    {
        foreach (var id in (ReadOnlySpan<NodeId>)[move.SourceId, move.TargetId])
        {
            if (!nodes.TryGet(id, out var node) || !node.IsLive)
                return $"node {id} is dead";
            if (node.InMaintenance(NowUnixMs()))
                return $"node '{node.Record.Name}' is in maintenance";
        }
        return null;
    }

    private NodeEntry CheckCaller(uint id, ulong incarnation)
    {
        if (nodes.WasRemoved(new NodeId(id), out var removed))
            throw Refusal.State(WasRemoved(removed));
        if (!nodes.TryGet(new NodeId(id), out var node))
            throw Refusal.State($"No node {id} has registered.");
        if (incarnation != node.Record.Incarnation)
            throw Refusal.State($"Node {id} has registered with incarnation {node.Record.Incarnation}, not {incarnation}.");
        return node;
    }

    /// <summary>Nodes learn of new orders with their next heartbeat: in a cluster of some size that is soon enough.</summary>
    private void HintForMoves()
    {
        if (nodes.Count <= Limits.NodesHintedForMoves)
            Maps.Hint();
    }
}
