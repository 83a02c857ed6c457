using System.Globalization;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Balance;
using SealFs.Manager.Moves;
using SealFs.Manager.Store;

namespace SealFs.Manager;

/// <summary>
/// Which moves there shall be. A plan is made from a snapshot, without holding anybody up, and what of it still makes sense afterwards is stored as waiting moves.
/// Plans for shares are made when nodes came, left, or changed their share, and again until nothing is left to be moved; then no more until the next such change.
/// </summary>
internal sealed partial class ControlPlane
{
    private long planAt;
    private long plannedAt;
    private string plannedSituation = "";
    private int plansApplied;

    private async Task PlanByItselfAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(options.HeartbeatInterval / 2, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                try
                {
                    await TendMovesAsync(cancellation);
                    await PlanSharesAsync(atOnce: false, cancellation);
                    await BalanceByItselfAsync(cancellation);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The store is out of order: what was planned was not taken over, and is planned again.
                    LogPlanningFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task TendMovesAsync(CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var change = NewChange();
        NoteNodes(change);
        GiveUp(change);
        FinishWithDeadSources(change);
        StartWaiting(change);
        await CommitAndTellAsync(change);
        foreach (var node in nodes.All.Where(node => node.Record.Draining && node.Drain is not null && !node.DrainLogged && DrainOf(node).Done))
        {
            node.DrainLogged = true;
            LogDrained(node.Record.Id, node.Record.Name);
        }
    }

    /// <summary>When the nodes or their shares are not those that the shards were placed for, what was planned and has not begun is planned again, together.</summary>
    private void NoteNodes(ClusterChange change, bool atOnce = false)
    {
        if (!cluster.MapBuilt)
            return;
        var signature = new ShareWeights(RecordsAfter(change)).Signature;
        if (signature == change.Placement.PlacedFor)
            return;
        change.Placement = new PlacementRecord { PlacedFor = signature };
        foreach (var move in change.AllMoves().Where(move => move.Phase == MovePhase.Waiting && move.Reason != MoveReason.Manual))
            change.CallOff(move);
        planAt = atOnce ? clock.GetTimestamp() : After(options.GrowthDelay);
        plannedSituation = "";
    }

    private IEnumerable<NodeRecord> RecordsAfter(ClusterChange change) =>
        nodes.All.Select(node => change.Nodes.GetValueOrDefault(node.Id) ?? node.Record).Where(record => !record.Removed);

    /// <param name="atOnce">Also when there was a plan for the same situation a moment ago.</param>
    /// <param name="cancellation">Ends the wait for a turn.</param>
    private async Task PlanSharesAsync(bool atOnce, CancellationToken cancellation)
    {
        PlacementSnapshot snapshot;
        int plansBefore;
        using (await EnterAsync(cancellation))
        {
            if (!IsPlanDue(atOnce))
                return;
            snapshot = Snapshot();
            plansBefore = plansApplied;
            plannedSituation = Situation();
            plannedAt = clock.GetTimestamp();
        }
        var plan = SharePlanner.Plan(snapshot);
        using (await EnterAsync(cancellation))
        {
            // Another plan was quicker: this one would move too much.
            if (plansBefore == plansApplied)
                await ApplyAsync(plan, forShares: true);
        }
    }

    private bool IsPlanDue(bool atOnce)
    {
        if (!cluster.MapBuilt || placement.Settled || clock.GetTimestamp() < planAt)
            return false;
        if (moves.Waiting.Any(move => IsForShares(move.Record)))
            return atOnce && moves.CountOf(MovePhase.Waiting) < Limits.MaxWaitingMoves;
        return atOnce || plannedSituation != Situation() || clock.GetElapsedTime(plannedAt) >= Limits.ReplanInterval;
    }

    /// <summary>What decides how a plan comes out, but for room.</summary>
    private string Situation() => string.Create(
        CultureInfo.InvariantCulture,
        $"{moves.Open.Count()} {string.Join(' ', nodes.All.Select(node => $"{node.Id}{(ToPlacement(node) is { WhyNoTarget: null } ? '+' : '-')}{(node.Record.Draining ? 'd' : ' ')}"))}");

    private static bool IsForShares(MoveRecord move) => move.Reason is MoveReason.Share or MoveReason.Drain;

    private PlacementSnapshot Snapshot()
    {
        var weights = new ShareWeights(nodes.All.Select(node => node.Record));
        var map = Maps.Current;
        var holders = new ReplicaSet[map.Shards.Length];
        for (var index = 0; index < holders.Length; index++)
            holders[index] = map.Shards[index].Replicas;
        var open = moves.Open.Select(move => move.Record).ToList();
        foreach (var move in open)
            holders[move.Shard] = map[move.ShardId].Switched(move.SourceId, move.TargetId).Replicas;
        return new PlacementSnapshot
        {
            Nodes = [.. nodes.All.Select(node => ToPlacement(node, weights[node.Id]))],
            Holders = holders,
            Copies = cluster.Copies,
            Moving = open.Select(move => move.ShardId).ToHashSet(),
            Pinned = (placement.Pinned ?? []).Select(shard => new ShardId(shard)).ToHashSet(),
            Bytes = shardUse.AllBytes(),
            Load = shardUse.AllLoad(),
            Promised = Promised(open),
        };
    }

    private async Task<int> ApplyAsync(MovePlan plan, bool forShares)
    {
        var change = NewChange();
        var left = Limits.MaxWaitingMoves - moves.CountOf(MovePhase.Waiting);
        var taken = 0;
        foreach (var step in plan.Steps.Where(step => IsStillSensible(change, step)).Take(Math.Max(0, left)))
        {
            taken++;
            change.Put(NewMove(change, step));
        }
        if (forShares)
            Settle(change, plan);
        StartWaiting(change);
        await CommitAndTellAsync(change);
        if (taken > 0)
            plansApplied++;
        if (taken > 0 || plan.Blocked.Count > 0)
            LogPlanned(taken, plan.Blocked.Count, plan.Blocked.Count > 0 ? plan.Blocked[0].Why : "none");
        return taken;
    }

    private bool IsStillSensible(ClusterChange change, PlanStep step) =>
        moves.OpenOf(step.Shard) is null
        && change[step.Shard].Replicas.InSync.Contains(step.Source)
        && !change[step.Shard].Replicas.InSync.Contains(step.Target)
        && nodes.TryGet(step.Target, out var target)
        && !target.Record.Draining;

    private MoveRecord NewMove(ClusterChange change, PlanStep step) => new()
    {
        Id = change.NewMoveId(),
        Shard = step.Shard.Value,
        Source = step.Source.Value,
        Target = step.Target.Value,
        Phase = MovePhase.Waiting,
        Reason = step.Reason,
        StartedUnixMs = NowUnixMs(),
    };

    private void Settle(ClusterChange change, MovePlan plan)
    {
        foreach (var node in nodes.All)
        {
            var stuck = plan.Blocked.Where(step => step.Source == node.Id).ToList();
            node.DrainProblem = stuck.Count == 0 ? "" : $"{stuck.Count} shards cannot be moved now: {stuck[0].Why}.";
        }
        if (plan.Steps.Count > 0 || plan.Blocked.Count > 0 || moves.Open.Any(move => IsForShares(move.Record)))
            return;
        change.Placement = change.Placement with { Settled = true };
        LogSettled();
    }

    private bool IsLive(NodeId id) => nodes.TryGet(id, out var node) && node.IsLive;
}
