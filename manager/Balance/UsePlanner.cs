using SealFs.Core;
using SealFs.Core.Control.V1;

namespace SealFs.Manager.Balance;

/// <summary>
/// What has to move so that what shards hold or do is spread as the nodes' weights are. Pure. Takes, again and again, the shard that fits best from a node above its
/// part to one below it, until all are near enough or nothing makes it better: so a plan that was carried out has no second one after it.
/// </summary>
internal sealed class UsePlanner
{
    /// <summary>A move that brings less than this part of what is uneven is not worth its bytes.</summary>
    private const double LeastGain = 0.001;

    private readonly PlacementSnapshot snapshot;
    private readonly double[] values;
    private readonly double[] bytes;
    private readonly RoomTally room;
    private readonly UseLevels levels;
    private readonly UseLevels? byteLevels;
    private readonly Dictionary<NodeId, List<int>> movable = [];
    private readonly Dictionary<int, PlanStep> steps = [];

    private UsePlanner(PlacementSnapshot snapshot, BalanceBy by)
    {
        this.snapshot = snapshot;
        bytes = [.. snapshot.Bytes.Select(count => (double)count)];
        values = by == BalanceBy.Load ? snapshot.Load : bytes;
        levels = UseLevels.Of(snapshot, values, by == BalanceBy.Load ? node => node.LoadWeight : node => node.ShareWeight);
        byteLevels = by == BalanceBy.Load ? UseLevels.Of(snapshot, bytes, node => node.ShareWeight) : null;
        room = new RoomTally(snapshot.Promised);
        for (var shard = 0; shard < snapshot.Holders.Length; shard++)
        {
            if (values[shard] > 0 && !snapshot.Moving.Contains(new ShardId((uint)shard)) && !snapshot.Pinned.Contains(new ShardId((uint)shard)))
                (movable.TryGetValue(snapshot.Holders[shard].Primary, out var list) ? list : movable[snapshot.Holders[shard].Primary] = []).Add(shard);
        }
    }

    /// <param name="snapshot">From where.</param>
    /// <param name="by">Used bytes or load.</param>
    /// <param name="downTo">The unevenness that is good enough.</param>
    public static UsePlan Plan(PlacementSnapshot snapshot, BalanceBy by, double downTo)
    {
        var planner = new UsePlanner(snapshot, by);
        var before = planner.levels.Unevenness;
        while (planner.levels.Unevenness > downTo && planner.steps.Count < Limits.MaxBalanceMoves && planner.TryStep())
        {
            // Each step is the best that there is after the last.
        }
        return new(new MovePlan(MovePlan.Spread([.. planner.steps.Values]), []), before, planner.levels.Unevenness, planner.levels.Mean);
    }

    private bool TryStep()
    {
        foreach (var donor in levels.Above().Where(node => node.WhyNoSource is null))
        {
            foreach (var receiver in levels.Below().Where(node => node.WhyNoTarget is null && node != donor))
            {
                if (BestShard(donor, receiver) is not { } shard)
                    continue;
                Take(shard, donor, receiver);
                return true;
            }
        }
        return false;
    }

    private int? BestShard(PlacementNode donor, PlacementNode receiver)
    {
        int? best = null;
        var bestGain = LeastGain * levels.Imbalance(donor, receiver);
        foreach (var shard in movable.GetValueOrDefault(donor.Id) ?? [])
        {
            var gain = levels.Gain(donor, receiver, values[shard]);
            if (gain <= bestGain || !MayMove(shard, donor, receiver))
                continue;
            (best, bestGain) = (shard, gain);
        }
        return best;
    }

    private bool MayMove(int shard, PlacementNode donor, PlacementNode receiver)
    {
        if (IsAt(shard, receiver.Id) || !room.Fits(snapshot.BytesOf(shard), donor, receiver))
            return false;

        // What is good for the load must not make the bytes so uneven that they would be balanced next.
        return byteLevels is null || byteLevels.StaysBelow(donor, receiver, bytes[shard], Limits.UnevenAbove);
    }

    /// <summary>After what is planned.</summary>
    private bool IsAt(int shard, NodeId node) => steps.TryGetValue(shard, out var step)
        ? step.Target == node || (step.Source != node && snapshot.Holders[shard].InSync.Contains(node))
        : snapshot.Holders[shard].InSync.Contains(node);

    private void Take(int shard, PlacementNode donor, PlacementNode receiver)
    {
        movable[donor.Id].Remove(shard);
        (movable.TryGetValue(receiver.Id, out var list) ? list : movable[receiver.Id] = []).Add(shard);
        levels.Shift(donor, receiver, values[shard]);
        byteLevels?.Shift(donor, receiver, bytes[shard]);
        room.Give(snapshot.BytesOf(shard), receiver.Id);

        // It moves once, wherever it comes by: from where it is to where it ends.
        var source = steps.Remove(shard, out var before) ? before.Source : donor.Id;
        if (source != receiver.Id)
            steps.Add(shard, new(new ShardId((uint)shard), source, receiver.Id, MoveReason.Balance));
    }
}

/// <summary>A plan, with what it makes of the unevenness: the largest deviation of a node from its share.</summary>
/// <param name="Moves">What is moved.</param>
/// <param name="Before">Unevenness now.</param>
/// <param name="After">Unevenness when all is moved.</param>
/// <param name="Mean">What a node has in the mean.</param>
internal sealed record UsePlan(MovePlan Moves, double Before, double After, double Mean);
