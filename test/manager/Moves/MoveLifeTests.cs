using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Manager.Tests.Moves;

/// <summary>One move from its order to the old copy's end, and what it may not do on the way.</summary>
public sealed class MoveLifeTests
{
    [Fact]
    public async Task A_move_makes_a_learner_switches_with_a_new_epoch_and_drops_the_old_copy()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var shard = await ShardOfAsync(cluster, 1);
        var before = await cluster.MapAsync();

        var move = await cluster.MoveAsync(shard, cluster[2]);
        var copying = await cluster.MapAsync();
        Assert.Equal(before.EpochOf(shard), copying.EpochOf(shard));
        Assert.Equal([new NodeId(cluster[2].Id)], copying[shard].Replicas.Learners);
        var order = Assert.Single(cluster[2].Learns);
        Assert.Equal((shard.Value, move, cluster[1].Id, before.EpochOf(shard).Value), (order.Shard, order.MoveId, order.Source, order.Epoch));
        Assert.Empty(cluster[1].Answer.CopyOrders);

        await cluster[2].BeginSwitchAsync(move);
        await cluster[2].BeatAsync();
        Assert.Equal(copying.Version, (await cluster.MapAsync()).Version);
        Assert.Equal(move, Assert.Single(cluster[2].Learns).MoveId);
        await cluster[2].CompleteAsync(move, pauseMs: 17);
        Assert.Equal((cluster[2].Id, before.EpochOf(shard).Value + 1), (cluster[2].Map.PrimaryOf(shard).Value, cluster[2].Map.EpochOf(shard).Value));
        Assert.Equal([new NodeId(cluster[2].Id)], cluster[2].Map[shard].Replicas.InSync);
        Assert.Empty(cluster[2].Map[shard].Replicas.Learners);

        // The old copy stays until the new owner has been heard.
        await cluster[1].BeatAsync();
        Assert.Empty(cluster[1].Drops);
        await cluster[2].BeatAsync();
        Assert.Empty(cluster[2].Answer.CopyOrders);
        await cluster[1].BeatAsync();
        Assert.Equal((shard.Value, cluster[2].Map.EpochOf(shard).Value), (cluster[1].Drops.Single().Shard, cluster[1].Drops.Single().Epoch));
        Assert.Equal(MovePhase.Dropping, Assert.Single((await cluster.MovesAsync()).Moves).Phase);
        cluster[1].Obey();
        await cluster[1].BeatAsync();
        var moves = await cluster.MovesAsync();
        Assert.Empty(moves.Moves);
        Assert.Equal((1ul, 100ul, 17ul), (moves.Completed, moves.CompletedBytes, moves.LongestPauseMs));
    }

    [Fact]
    public async Task Old_copies_of_a_shard_that_went_on_before_its_new_owner_was_heard_are_all_dropped()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3);
        var shard = await ShardOfAsync(cluster, 1);
        await cluster.MoveAsync(shard, cluster[2], MovePhase.Dropping);
        await cluster.MoveAsync(shard, cluster[3], MovePhase.Dropping);
        await cluster[2].BeatAsync();
        Assert.Contains(shard, cluster[2].Copies);
        await cluster[1].BeatAsync();
        Assert.Empty(cluster[1].Drops);
        await cluster.SettleAsync();
        Assert.All(cluster.Nodes, node => Assert.Empty(node.Copies));
        Assert.Equal(2ul, (await cluster.MovesAsync()).Completed);
    }

    [Fact]
    public async Task Completing_again_is_the_same_answer_also_when_the_move_is_over()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var move = await cluster.MoveAsync(await ShardOfAsync(cluster, 1), cluster[2], MovePhase.Dropping);
        var version = (await cluster.MapAsync()).Version;
        await cluster[2].CompleteAsync(move);
        await cluster.SettleAsync();
        await cluster[2].CompleteAsync(move);
        await cluster.Manager.RestartAsync();
        await cluster[2].CompleteAsync(move);
        Assert.Equal(version, (await cluster.MapAsync()).Version);
        Assert.Equal(1ul, (await cluster.MovesAsync()).Completed);
    }

    [Fact]
    public async Task Nobody_completes_what_was_not_begun_or_is_anothers()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3);
        var move = await cluster.MoveAsync(await ShardOfAsync(cluster, 1), cluster[2]);
        await RefusedAsync(() => cluster[2].CompleteAsync(move));
        await RefusedAsync(() => cluster[3].BeginSwitchAsync(move));
        await RefusedAsync(() => cluster[2].BeginSwitchAsync(move + 1));
        await cluster[2].BeginSwitchAsync(move);
        await cluster[2].BeginSwitchAsync(move);
        await RefusedAsync(() => cluster[3].CompleteAsync(move));
        await cluster[2].CompleteAsync(move);
    }

    [Fact]
    public async Task The_answer_is_the_whole_map_when_the_caller_knows_none()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var shard = await ShardOfAsync(cluster, 1);
        var move = await cluster.MoveAsync(shard, cluster[2], MovePhase.Switching);
        var request = new CompleteMoveRequest { MoveId = move, NodeId = cluster[2].Id, Incarnation = 1 };
        var response = await cluster.Manager.Client.CompleteMoveAsync(request, TimeSpan.FromSeconds(10), ManagerFixture.Cancellation);
        Assert.Equal(cluster[2].Id, ClusterMapCodec.FromProto(response.Update.Full)!.PrimaryOf(shard).Value);
    }

    [Fact]
    public async Task A_copy_that_no_move_needs_is_dropped()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3);
        var shard = await ShardOfAsync(cluster, 1);
        cluster[2].Copies[shard] = new CopyReport { Shard = shard.Value, Step = CopyStep.Leftover, Epoch = 1 };
        await cluster[2].BeatAsync();
        Assert.Equal(shard.Value, Assert.Single(cluster[2].Drops).Shard);

        // A learner's is needed, and so is what a move may read.
        await cluster.MoveAsync(shard, cluster[2]);
        await cluster[2].BeatAsync();
        Assert.Empty(cluster[2].Drops);
        cluster[1].Copies[shard] = new CopyReport { Shard = shard.Value, Step = CopyStep.Leftover, Epoch = 1 };
        await cluster[1].BeatAsync(follow: false);
        Assert.Empty(cluster[1].Drops);
    }

    [Fact]
    public async Task Requests_that_make_no_sense_are_refused_with_the_reason()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var client = cluster.Manager.Client;
        var shard = await ShardOfAsync(cluster, 1);
        await RefusedAsync(() => client.MoveShardAsync(shard, "node-1", ManagerFixture.Cancellation), "already");
        await RefusedAsync(() => client.MoveShardAsync(shard, "nobody", ManagerFixture.Cancellation), "no node 'nobody'", StatusCode.NotFound);
        await RefusedAsync(() => client.MoveShardAsync(new ShardId(99), "node-2", ManagerFixture.Cancellation), "no shard 99", StatusCode.InvalidArgument);
        await RefusedAsync(() => client.CancelMoveAsync(5, ManagerFixture.Cancellation), "no move 5", StatusCode.NotFound);
        var move = await cluster.MoveAsync(shard, cluster[2]);
        await RefusedAsync(() => client.MoveShardAsync(shard, "node-2", ManagerFixture.Cancellation), $"move {move}");
        await cluster[2].BeginSwitchAsync(move);
        await cluster[2].CompleteAsync(move);
        await RefusedAsync(() => client.CancelMoveAsync(move, ManagerFixture.Cancellation), "has been made");
    }

    internal static async Task<ShardId> ShardOfAsync(ScriptedCluster cluster, int node)
    {
        var map = await cluster.MapAsync();
        return new ShardId((uint)Array.FindIndex(map.Shards.ToArray(), shard => shard.Primary.Value == cluster[node].Id));
    }

    internal static async Task RefusedAsync(Func<Task> call, string part = "", StatusCode code = StatusCode.FailedPrecondition)
    {
        var refusal = await Assert.ThrowsAsync<ControlException>(call);
        Assert.Equal(code, refusal.Code);
        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
    }
}
