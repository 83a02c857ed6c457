using CsCheck;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Balance;
using Xunit;
using static SealFs.Manager.Tests.Balance.PlanningCases;

namespace SealFs.Manager.Tests.Balance;

public sealed class SharePlannerTests
{
    [Fact]
    public void Everybody_has_its_share_to_within_rounding_and_drained_nodes_nothing() => Well.Sample(
        snapshot =>
        {
            var plan = SharePlanner.Plan(snapshot);
            var after = Carry(snapshot, plan.Steps);
            var staying = snapshot.Nodes.Where(node => !node.Draining).ToList();
            if (staying.Count == 0)
            {
                Assert.Empty(plan.Steps);
                Assert.Equal(Shards, plan.Blocked.Count);
                return;
            }
            Assert.Empty(plan.Blocked);
            var weight = staying.Sum(node => node.ShareWeight);
            foreach (var node in snapshot.Nodes)
            {
                var share = node.Draining ? 0 : Shards * node.ShareWeight / weight;
                Assert.InRange(Held(after, node.Id), Math.Floor(share - 1e-6), Math.Ceiling(share + 1e-6));
            }
        },
        iter: 500);

    [Fact]
    public void No_more_moves_than_must_be() => Well.Where(snapshot => snapshot.Nodes.Any(node => !node.Draining)).Sample(
        snapshot =>
        {
            var staying = snapshot.Nodes.Where(node => !node.Draining).ToList();
            var weight = staying.Sum(node => node.ShareWeight);
            var share = staying.ToDictionary(node => node.Id, node => Shards * node.ShareWeight / weight);
            var leaving = snapshot.Nodes.Where(node => node.Draining).Sum(node => Held(snapshot, node.Id));
            var above = staying.Sum(node => Math.Max(0, Held(snapshot, node.Id) - (int)Math.Ceiling(share[node.Id] - 1e-9)));
            var below = staying.Sum(node => Math.Max(0, (int)Math.Floor(share[node.Id] + 1e-9) - Held(snapshot, node.Id)));
            var steps = SharePlanner.Plan(snapshot).Steps;

            // What drains has to go, and so has what is above a share; what is below one has to be filled up from somewhere.
            Assert.Equal(Math.Max(leaving + above, below), steps.Count);
            Assert.Equal(steps.Count, steps.Select(step => step.Shard).Distinct().Count());
        },
        iter: 500);

    [Fact]
    public void A_plan_that_is_being_carried_out_is_not_changed_by_planning_again() => Gen.Select(Well, Gen.Double[0, 1]).Sample(
        (snapshot, part) =>
        {
            var plan = SharePlanner.Plan(snapshot);

            // Some moves are decided and count as made; what is planned then is the rest and nothing against them.
            var decided = plan.Steps.Take((int)(plan.Steps.Count * part)).ToList();
            var later = Carry(snapshot, decided) with { Moving = decided.Select(step => step.Shard).ToHashSet() };
            var rest = SharePlanner.Plan(later);
            Assert.Equal(plan.Steps.Count - decided.Count, rest.Steps.Count);
            Assert.DoesNotContain(rest.Steps, step => later.Moving.Contains(step.Shard));
            Assert.Empty(SharePlanner.Plan(Carry(later, rest.Steps)).Steps);
        },
        iter: 300);

    [Fact]
    public void Nothing_goes_where_it_must_not_go_or_comes_from_where_it_cannot_come() => Any.Sample(
        snapshot =>
        {
            var nodes = snapshot.Nodes.ToDictionary(node => node.Id);
            var plan = SharePlanner.Plan(snapshot);
            var given = new Dictionary<NodeId, ulong>();
            foreach (var step in plan.Steps)
            {
                Assert.Null(nodes[step.Source].WhyNoSource);
                Assert.Null(nodes[step.Target].WhyNoTarget);
                Assert.Equal(snapshot.Holders[step.Shard.Value].Primary, step.Source);
                Assert.Equal(nodes[step.Source].Draining ? MoveReason.Drain : MoveReason.Share, step.Reason);
                given[step.Target] = given.GetValueOrDefault(step.Target) + snapshot.BytesOf((int)step.Shard.Value);
            }
            Assert.All(given, entry => Assert.True(nodes[entry.Key].Data.Has(entry.Value)));
            Assert.All(plan.Blocked, step => Assert.NotEmpty(step.Why));

            // What drains and is left behind found nobody at all.
            if (snapshot.Nodes.Any(node => node.WhyNoTarget is null && node.Data == DiskRoom.Unknown))
                Assert.DoesNotContain(plan.Blocked, step => nodes[step.Source] is { Draining: true, WhyNoSource: null });
        },
        iter: 500);

    [Fact]
    public void A_pinned_shard_stays_unless_its_node_is_drained() => Gen.Select(Well, Gen.UInt[0, Shards - 1].Array[20]).Sample(
        (snapshot, pinned) =>
        {
            var nodes = snapshot.Nodes.ToDictionary(node => node.Id);
            snapshot = snapshot with { Pinned = pinned.Select(shard => new ShardId(shard)).ToHashSet() };
            Assert.All(SharePlanner.Plan(snapshot).Steps, step => Assert.True(nodes[step.Source].Draining || !snapshot.Pinned.Contains(step.Shard)));
        },
        iter: 200);

    [Fact]
    public void The_first_moves_already_spread_over_the_nodes()
    {
        var nodes = Enumerable.Range(1, 6).Select(id => new PlacementNode { Id = new NodeId((uint)id), Name = $"node-{id}", ShareWeight = 1 }).ToList();
        var snapshot = new PlacementSnapshot
        {
            Nodes = nodes,
            Holders = [.. Enumerable.Range(0, 96).Select(shard => ReplicaSet.Of(new NodeId((uint)(shard % 3) + 1)))],
            Copies = 1,
        };
        var first = SharePlanner.Plan(snapshot).Steps.Take(9).ToList();
        Assert.Equal(3, first.Select(step => step.Source).Distinct().Count());
        Assert.Equal(3, first.Select(step => step.Target).Distinct().Count());
    }

    [Fact]
    public void Copies_keep_to_different_zones()
    {
        var nodes = Enumerable.Range(0, 6)
            .Select(index => new PlacementNode { Id = new NodeId((uint)index + 1), Name = $"node-{index + 1}", ShareWeight = 1, Zone = $"zone-{index % 3}", Draining = index == 0 })
            .ToList();
        var build = ShardMapBuilder.Build(Shards, [.. nodes.Take(3).Select(node => node.ToClusterNode())], copies: 2);
        var snapshot = new PlacementSnapshot { Nodes = nodes, Holders = build, Copies = 2 };
        var after = Carry(snapshot, SharePlanner.Plan(snapshot).Steps);
        var zones = nodes.ToDictionary(node => node.Id, node => node.Zone);
        Assert.All(after.Holders, replicas => Assert.Equal(2, replicas.InSync.Select(node => zones[node]).Distinct().Count()));
        Assert.Equal(0, Held(after, nodes[0].Id));
    }
}
