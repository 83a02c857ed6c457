using CsCheck;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Balance;
using Xunit;
using static SealFs.Manager.Tests.Balance.PlanningCases;

namespace SealFs.Manager.Tests.Balance;

public sealed class UsePlannerTests
{
    private static readonly Gen<BalanceBy> Ways = Gen.Bool.Select(load => load ? BalanceBy.Load : BalanceBy.UsedBytes);

    [Fact]
    public void It_never_gets_worse_and_is_told_as_it_is() => Gen.Select(Any, Ways).Sample(
        (snapshot, by) =>
        {
            var plan = UsePlanner.Plan(snapshot, by, downTo: 0.02);
            Assert.True(plan.After <= plan.Before + 1e-9);
            var again = UsePlanner.Plan(Carry(snapshot, plan.Moves.Steps), by, downTo: 0.02);
            Assert.Equal(plan.After, again.Before, 1e-6);
        },
        iter: 300);

    [Fact]
    public void Nobody_is_further_from_its_share_than_the_largest_shard() => Well.Where(snapshot => snapshot.Nodes.Any(node => !node.Draining)).Sample(
        snapshot =>
        {
            var plan = UsePlanner.Plan(snapshot, BalanceBy.UsedBytes, downTo: 0.02);
            var staying = snapshot.Nodes.Where(node => !node.Draining).ToList();
            var total = plan.Mean * staying.Count;
            var smallest = staying.Min(node => total * node.ShareWeight / staying.Sum(other => other.ShareWeight));
            Assert.True(plan.After <= Math.Max(0.02, snapshot.Bytes.Max() / smallest), $"{plan.Before} to {plan.After}");
        },
        iter: 300);

    [Fact]
    public void What_was_balanced_is_left_alone() => Gen.Select(Well, Ways).Sample(
        (snapshot, by) =>
        {
            var plan = UsePlanner.Plan(snapshot, by, downTo: 0.10);
            var again = UsePlanner.Plan(Carry(snapshot, plan.Moves.Steps), by, downTo: 0.10);
            Assert.Empty(again.Moves.Steps);
        },
        iter: 1000);

    [Fact]
    public void A_shard_moves_once_between_nodes_that_may_and_pinned_ones_stay() => Gen.Select(Any, Ways, Gen.UInt[0, Shards - 1].Array[20]).Sample(
        (snapshot, by, pinned) =>
        {
            snapshot = snapshot with { Pinned = pinned.Select(shard => new ShardId(shard)).ToHashSet() };
            var nodes = snapshot.Nodes.ToDictionary(node => node.Id);
            var steps = UsePlanner.Plan(snapshot, by, downTo: 0.02).Moves.Steps;
            Assert.Equal(steps.Count, steps.Select(step => step.Shard).Distinct().Count());
            Assert.All(steps, step =>
            {
                Assert.Null(nodes[step.Source].WhyNoSource);
                Assert.Null(nodes[step.Target].WhyNoTarget);
                Assert.DoesNotContain(step.Shard, snapshot.Pinned);
                Assert.Equal(MoveReason.Balance, step.Reason);
            });
        },
        iter: 300);

    [Fact]
    public void Balancing_the_load_does_not_make_the_bytes_uneven() => Well.Sample(
        snapshot =>
        {
            var even = Carry(snapshot, UsePlanner.Plan(snapshot, BalanceBy.UsedBytes, downTo: 0.02).Moves.Steps);
            var bytesBefore = UsePlanner.Plan(even, BalanceBy.UsedBytes, downTo: 10).Before;
            var after = Carry(even, UsePlanner.Plan(even, BalanceBy.Load, downTo: 0.02).Moves.Steps);
            var bytesAfter = UsePlanner.Plan(after, BalanceBy.UsedBytes, downTo: 10).Before;
            Assert.True(bytesAfter <= Math.Max(bytesBefore, Limits.UnevenAbove) + 1e-9);
        },
        iter: 300);

    [Fact]
    public void One_hot_node_gives_to_the_cool_ones()
    {
        var nodes = Enumerable.Range(1, 3).Select(id => new PlacementNode { Id = new NodeId((uint)id), Name = $"node-{id}", ShareWeight = 1 }).ToList();
        var snapshot = new PlacementSnapshot
        {
            Nodes = nodes,
            Holders = [.. Enumerable.Range(0, 30).Select(shard => ReplicaSet.Of(new NodeId((uint)(shard % 3) + 1)))],
            Copies = 1,
            Bytes = [.. Enumerable.Repeat(1UL, 30)],
            Load = [.. Enumerable.Range(0, 30).Select(shard => shard % 3 == 0 ? 70.0 : 10.0)],
        };
        var plan = UsePlanner.Plan(snapshot, BalanceBy.Load, downTo: 0.10);
        Assert.Equal(1.33, plan.Before, 0.01);
        Assert.All(plan.Moves.Steps, step => Assert.Equal(1u, step.Source.Value));
        Assert.InRange(plan.Moves.Steps.Count, 1, 5);
    }
}
