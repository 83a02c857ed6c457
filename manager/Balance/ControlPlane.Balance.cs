using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Balance;

namespace SealFs.Manager;

/// <summary>Settings of balance, and balancing when asked for or, by used bytes and load, by itself.</summary>
internal sealed partial class ControlPlane
{
    private long balanceCheckedAt;

    public async Task<BalanceSettings> GetBalanceAsync(CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        return balance.ToProto();
    }

    public async Task<BalanceSettings> SetBalanceAsync(SetBalanceRequest request, CancellationToken cancellation)
    {
        if (request.HasMode && !Enum.IsDefined(request.Mode))
            throw Refusal.Invalid($"{(int)request.Mode} is no balance mode.");
        RequireMoves(request.HasMoves, request.Moves);
        RequireMoves(request.HasMovesPerNode, request.MovesPerNode);
        using var turn = await EnterAsync(cancellation);
        var change = NewChange();
        change.Balance = balance with
        {
            Mode = request.HasMode ? request.Mode : balance.Mode,
            Moves = request.HasMoves ? request.Moves : balance.Moves,
            MovesPerNode = request.HasMovesPerNode ? request.MovesPerNode : balance.MovesPerNode,
            BytesPerSecond = request.HasBytesPerSecond ? request.BytesPerSecond : balance.BytesPerSecond,
        };
        await CommitAsync(change);
        movesAreDue = true;
        LogBalanceSet(balance.Mode, balance.Moves, balance.MovesPerNode, balance.BytesPerSecond);
        return balance.ToProto();
    }

    public async Task<RebalanceResponse> RebalanceAsync(RebalanceRequest request, CancellationToken cancellation)
    {
        if (!Enum.IsDefined(request.By))
            throw Refusal.Invalid($"{(int)request.By} is nothing to balance by.");
        PlacementSnapshot snapshot;
        int plansBefore;
        using (await EnterAsync(cancellation))
        {
            RequireShard(0);
            if (request.By != BalanceBy.Share && shardUse.KnownPart < Limits.LeastReported)
                throw Refusal.NotYet($"Only {shardUse.KnownPart:P0} of the shards have told what they hold and do; nodes tell within a minute or so.");
            snapshot = Snapshot() with { Pinned = new HashSet<ShardId>() };
            plansBefore = plansApplied;
        }
        var plan = PlanBy(snapshot, request.By, Limits.EvenWhenAsked);
        if (!request.DryRun)
            await ApplyAsync(plan, request.By, plansBefore, cancellation);
        return Describe(snapshot, plan);
    }

    private async Task ApplyAsync(UsePlan plan, BalanceBy by, int plansBefore, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        if (plansBefore != plansApplied)
            throw Refusal.NotYet("Other moves were planned just now; ask again.");
        if (by == BalanceBy.Share)
        {
            // The rest of a plan that is longer than what is stored ahead is planned when the first moves have been made.
            var change = NewChange();
            change.Placement = change.Placement with { Settled = false, Pinned = null };
            await CommitAsync(change);
        }
        LogBalancing(by, plan.Moves.Steps.Count, plan.Before, plan.After);
        await ApplyAsync(plan.Moves, forShares: by == BalanceBy.Share);
    }

    /// <summary>
    /// Used bytes first, then load. Nothing is begun while other moves are under way, within a time of the last, and below the upper threshold; what is begun goes
    /// down to the lower one.
    /// </summary>
    private async Task BalanceByItselfAsync(CancellationToken cancellation)
    {
        PlacementSnapshot snapshot;
        int plansBefore;
        using (await EnterAsync(cancellation))
        {
            if (!IsBalanceDue())
                return;
            balanceCheckedAt = clock.GetTimestamp();
            snapshot = Snapshot();
            plansBefore = plansApplied;
        }
        foreach (var (by, least) in (ReadOnlySpan<(BalanceBy, double)>)[(BalanceBy.UsedBytes, Limits.LeastBalancedBytes), (BalanceBy.Load, Limits.LeastBalancedLoad)])
        {
            var plan = UsePlanner.Plan(snapshot, by, Limits.EvenBelow);
            if (plan.Mean < least || plan.Before <= Limits.UnevenAbove || plan.Moves.Steps.Count == 0)
                continue;
            await BalanceByItselfAsync(plan, by, plansBefore, cancellation);
            return;
        }
    }

    private async Task BalanceByItselfAsync(UsePlan plan, BalanceBy by, int plansBefore, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        if (plansBefore != plansApplied || !placement.Settled)
            return;
        var change = NewChange();
        change.Balance = balance with { LastAutomaticUnixMs = NowUnixMs() };
        await CommitAsync(change);
        LogBalancing(by, plan.Moves.Steps.Count, plan.Before, plan.After);
        await ApplyAsync(plan.Moves, forShares: false);
    }

    private bool IsBalanceDue() =>
        balance.Mode == BalanceMode.Automatic
        && placement.Settled
        && clock.GetElapsedTime(balanceCheckedAt) >= Limits.AutomaticBalanceCheck
        && NowUnixMs() - balance.LastAutomaticUnixMs >= (long)Limits.AutomaticBalanceInterval.TotalMilliseconds
        && !moves.Open.Any()
        && shardUse.KnownPart >= Limits.LeastReported;

    private static UsePlan PlanBy(PlacementSnapshot snapshot, BalanceBy by, double downTo)
    {
        if (by != BalanceBy.Share)
            return UsePlanner.Plan(snapshot, by, downTo);
        var plan = SharePlanner.Plan(snapshot);
        var ones = Enumerable.Repeat(1.0, snapshot.Holders.Length).ToArray();
        var levels = UseLevels.Of(snapshot, ones, node => node.ShareWeight);
        var before = levels.Unevenness;
        var nodesById = snapshot.Nodes.ToDictionary(node => node.Id);
        foreach (var step in plan.Steps.Where(step => !nodesById[step.Source].Draining))
            levels.Shift(nodesById[step.Source], nodesById[step.Target], 1);
        return new UsePlan(plan, before, levels.Unevenness, levels.Mean);
    }

    private static RebalanceResponse Describe(PlacementSnapshot snapshot, UsePlan plan)
    {
        var response = new RebalanceResponse { UnevennessBefore = plan.Before, UnevennessAfter = plan.After };
        response.Moves.AddRange(plan.Moves.Steps.Select(step => new PlannedMove
        {
            Shard = step.Shard.Value,
            Source = step.Source.Value,
            Target = step.Target.Value,
            Bytes = snapshot.BytesOf((int)step.Shard.Value),
        }));
        return response;
    }

    private static void RequireMoves(bool given, uint moves)
    {
        if (given && (moves == 0 || moves > Limits.MaxMoves))
            throw Refusal.Invalid($"Moves at a time are 1 to {Limits.MaxMoves}, not {moves}.");
    }
}
