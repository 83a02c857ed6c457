using SealFs.Core;
using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Manager.Tests.Moves;

/// <summary>Moves that are not made after all: whatever happens, one node has the shard, and what was asked for before counts for nothing afterwards.</summary>
public sealed class GoingBackTests
{
    public enum Fate
    {
        SourceDies,
        TargetDies,
        SourceRegistersAnew,
        TargetRegistersAnew,
    }

    [Theory]
    [CombinatorialFates]
    public async Task While_switching_the_source_gets_the_shard_back_in_a_new_epoch_and_the_target_goes_on_learning(Fate fate)
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var shard = await MoveLifeTests.ShardOfAsync(cluster, 1);
        var move = await cluster.MoveAsync(shard, cluster[2], MovePhase.Switching);
        var epoch = (await cluster.MapAsync()).EpochOf(shard).Value;
        await MeetAsync(cluster, fate);

        var map = await cluster.MapAsync();
        Assert.Equal((cluster[1].Id, epoch + 1), (map.PrimaryOf(shard).Value, map.EpochOf(shard).Value));
        Assert.Equal([new NodeId(cluster[2].Id)], map[shard].Replicas.Learners);
        var status = Assert.Single((await cluster.MovesAsync()).Moves);
        Assert.Equal(MovePhase.Copying, status.Phase);
        await MoveLifeTests.RefusedAsync(() => cluster[2].CompleteAsync(move));

        // What was allowed before is not allowed now; the order that is valid leads to the end.
        await cluster[2].BeatAsync();
        var order = Assert.Single(cluster[2].Learns);
        Assert.Equal((status.MoveId, epoch + 1), (order.MoveId, order.Epoch));
        await cluster[1].BeatAsync();
        await cluster[2].BeginSwitchAsync(order.MoveId);
        await MoveLifeTests.RefusedAsync(() => cluster[2].CompleteAsync(move));
        await cluster[2].CompleteAsync(order.MoveId);
        Assert.Equal(epoch + 2, cluster[2].Map.EpochOf(shard).Value);
        await cluster.SettleAsync();
    }

    [Theory]
    [CombinatorialFates]
    public async Task Before_switching_the_same_learner_goes_on_in_the_same_epoch(Fate fate)
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var shard = await MoveLifeTests.ShardOfAsync(cluster, 1);
        var move = await cluster.MoveAsync(shard, cluster[2]);
        var before = (await cluster.MapAsync())[shard];
        await MeetAsync(cluster, fate);
        Assert.Equal(before, (await cluster.MapAsync())[shard]);
        await cluster.BeatAsync();
        Assert.Equal(move, Assert.Single(cluster[2].Learns).MoveId);
        await cluster[2].BeginSwitchAsync(move);
        await cluster[2].CompleteAsync(move);
    }

    [Theory]
    [InlineData(MovePhase.Copying)]
    [InlineData(MovePhase.Switching)]
    public async Task A_cancelled_move_leaves_the_source_serving_and_a_leftover(MovePhase phase)
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var shard = await MoveLifeTests.ShardOfAsync(cluster, 1);
        var move = await cluster.MoveAsync(shard, cluster[2], phase);
        var before = (await cluster.MapAsync())[shard];
        await cluster.Manager.Client.CancelMoveAsync(move, ManagerFixture.Cancellation);
        var after = (await cluster.MapAsync())[shard];
        Assert.Equal(before.Epoch.Value + (phase == MovePhase.Switching ? 1u : 0u), after.Epoch.Value);
        Assert.Equal(cluster[1].Id, after.Primary.Value);
        Assert.Empty(after.Replicas.Learners);
        await MoveLifeTests.RefusedAsync(() => cluster[2].CompleteAsync(move));
        await MoveLifeTests.RefusedAsync(() => cluster[2].BeginSwitchAsync(move));
        await cluster[2].BeatAsync();
        Assert.Empty(cluster[2].Learns);
        Assert.Equal(shard.Value, Assert.Single(cluster[2].Drops).Shard);
        await cluster.SettleAsync();
        Assert.Empty(cluster[2].Copies);
        Assert.Equal(0ul, (await cluster.MovesAsync()).Completed);
    }

    [Fact]
    public async Task A_target_that_stays_dead_is_given_up()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3, adjust: options => options with { MovePatience = TimeSpan.FromMinutes(1) });
        var shard = await MoveLifeTests.ShardOfAsync(cluster, 1);
        await cluster.MoveAsync(shard, cluster[2]);
        cluster[2].Stop();
        await cluster.UntilAsync(async () => (await cluster.MapAsync()).Node(new NodeId(cluster[2].Id))!.State == Core.Placement.NodeState.Dead);
        Assert.Single((await cluster.MovesAsync()).Moves);
        await cluster.UntilAsync(async () => (await cluster.MovesAsync()).Moves.Count == 0);
        var map = await cluster.MapAsync();
        Assert.Equal(cluster[1].Id, map.PrimaryOf(shard).Value);
        Assert.Empty(map[shard].Replicas.Learners);
    }

    [Fact]
    public async Task A_drain_finds_another_node_for_what_was_going_to_a_dead_one()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3, shards: 12);
        await cluster.Manager.Client.DrainNodeAsync("node-1", ManagerFixture.Cancellation);
        cluster[2].Stop();
        await cluster.SettleAsync();
        await cluster.UntilAsync(async () =>
        {
            await cluster.SettleAsync();
            return await cluster.ServedByAsync(cluster[1]) == 0;
        });
        Assert.Equal(8, await cluster.ServedByAsync(cluster[3]));
    }

    [Fact]
    public async Task A_target_that_is_not_well_is_given_up_and_gets_nothing_more()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var shard = await MoveLifeTests.ShardOfAsync(cluster, 1);
        await cluster.MoveAsync(shard, cluster[2]);
        cluster[2].Fill = heartbeat => (heartbeat.Health, heartbeat.HealthText) = (NodeHealth.Degraded, "the disk is full");
        await cluster.UntilAsync(async () => (await cluster.MovesAsync()).Moves.Count == 0);
        Assert.Empty((await cluster.MapAsync())[shard].Replicas.Learners);
        await MoveLifeTests.RefusedAsync(() => cluster.Manager.Client.MoveShardAsync(shard, "node-2", ManagerFixture.Cancellation), "not healthy");
    }

    [Fact]
    public async Task A_source_that_is_dead_is_not_waited_for_when_only_its_old_copy_is_left()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var shard = await MoveLifeTests.ShardOfAsync(cluster, 1);
        await cluster.MoveAsync(shard, cluster[2], MovePhase.Dropping);
        cluster[1].Stop();
        await cluster.UntilAsync(async () => (await cluster.MovesAsync()) is { Moves.Count: 0, Completed: 1 });

        // It is dropped as a leftover when the node is back.
        await cluster[1].StartAsync();
        await cluster[1].BeatAsync();
        Assert.Equal(shard.Value, Assert.Single(cluster[1].Drops).Shard);
    }

    private static async Task MeetAsync(ScriptedCluster cluster, Fate fate)
    {
        var node = fate is Fate.SourceDies or Fate.SourceRegistersAnew ? cluster[1] : cluster[2];
        if (fate is Fate.SourceDies or Fate.TargetDies)
        {
            node.Stop();
            await cluster.UntilAsync(async () => (await cluster.MapAsync()).Node(new NodeId(node.Id))!.State == Core.Placement.NodeState.Dead);
        }
        await node.StartAsync();
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class CombinatorialFatesAttribute() : ClassDataAttribute(typeof(Fates));

    private sealed class Fates : TheoryData<Fate>
    {
        public Fates() => AddRange(Enum.GetValues<Fate>());
    }
}
