using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Balance;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;

namespace SealFs.Manager;

/// <summary>Emptying a node while it serves.</summary>
internal sealed partial class ControlPlane
{
    public async Task<DrainProgress> DrainNodeAsync(string name, CancellationToken cancellation)
    {
        using (await EnterAsync(cancellation))
        {
            var node = RequireNode(name);
            if (!node.Record.Draining)
                await BeginDrainAsync(node);
        }
        await PlanSharesAsync(atOnce: true, cancellation);
        using (await EnterAsync(cancellation))
            return DrainOf(RequireNode(name));
    }

    public async Task CancelDrainAsync(string name, CancellationToken cancellation)
    {
        using (await EnterAsync(cancellation))
        {
            var node = RequireNode(name);
            if (!node.Record.Draining)
                throw Refusal.State($"Node '{node.Record.Name}' is not being drained.");
            var change = NewChange();
            change.Put(node.Record with { Draining = false, ShardsAtDrainStart = 0 });
            foreach (var move in change.AllMoves().Where(move => move.SourceId == node.Id && move.Reason == MoveReason.Drain && move.IsOpen && !move.IsSwitching))
                change.CallOff(move);
            NoteNodes(change);
            await CommitAndTellAsync(change);
            node.Drain = null;
            node.DrainProblem = "";
            LogDrainCancelled(node.Record.Id, node.Record.Name);
            HintForMoves();
        }
    }

    /// <summary>What is on its way to the node goes elsewhere: it would only have to be moved once more.</summary>
    private async Task BeginDrainAsync(NodeEntry node)
    {
        var shards = ShardsOf(node.Id);
        var change = NewChange();
        change.Put(node.Record with { Draining = true, ShardsAtDrainStart = shards });
        foreach (var move in change.AllMoves().Where(move => move.TargetId == node.Id && move.IsOpen && !move.IsSwitching))
            change.CallOff(move);
        NoteNodes(change, atOnce: true);
        await CommitAndTellAsync(change);
        node.Drain = new DrainMeter(clock.GetTimestamp());
        node.DrainLogged = false;
        LogDraining(node.Record.Id, node.Record.Name, shards);
        HintForMoves();
    }

    private DrainProgress DrainOf(NodeEntry node)
    {
        var shards = ShardsOf(node.Id);
        var bytes = shardUse.BytesByNode(Maps.Current).GetValueOrDefault(node.Id);
        node.Drain ??= new DrainMeter(clock.GetTimestamp());
        var progress = new DrainProgress
        {
            ShardsLeft = shards,
            ShardsAtStart = Math.Max(node.Record.ShardsAtDrainStart, shards),
            BytesLeft = bytes,
            Done = WhatIsLeft(node).Count == 0,
        };
        if (!progress.Done && node.Drain.Remaining(bytes, shards, clock.GetTimestamp(), clock.TimestampFrequency) is { } remaining)
            progress.RemainingMs = (ulong)remaining.TotalMilliseconds;
        if (!progress.Done)
            progress.Problem = DrainProblemOf(node);
        return progress;
    }

    private string DrainProblemOf(NodeEntry node)
    {
        if (!node.IsLive)
            return $"Node '{node.Record.Name}' is dead: what it holds cannot be copied until it is back.";
        if (nodes.All.All(other => other.Record.Draining))
            return "No other node stays in the cluster: add one first.";
        if (node.DrainProblem.Length > 0)
            return node.DrainProblem;
        var stuck = moves.Of(node.Id).FirstOrDefault(move => move.Record.IsCopying && move.Copy is { Problem.Length: > 0 });
        return stuck is null ? "" : $"Shard {stuck.Record.Shard}: {stuck.Copy!.Problem}";
    }

    /// <summary>What a node still has or is needed for, in words.</summary>
    private List<string> WhatIsLeft(NodeEntry node)
    {
        var left = new List<string>();
        var shards = ShardsOf(node.Id);
        if (shards > 0)
            left.Add($"it serves {shards} shards");
        var touching = moves.Of(node.Id).Where(move => move.Record.Phase != MovePhase.Waiting).ToList();
        if (touching.Count > 0)
            left.Add($"{touching.Count} moves from or to it are under way");
        if (node.LastHeartbeat is { Copies.Count: > 0 } heartbeat)
            left.Add($"it holds copies of {heartbeat.Copies.Count} shards that it has not dropped yet");
        return left;
    }

    private uint ShardsOf(NodeId node)
    {
        var count = 0u;
        foreach (var shard in Maps.Current.Shards)
            count += shard.Replicas.InSync.Contains(node) ? 1u : 0u;
        return count;
    }
}
