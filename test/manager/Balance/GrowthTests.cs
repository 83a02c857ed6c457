using SealFs.Core.Control.V1;
using SealFs.Manager.Tests.Moves;
using Xunit;

namespace SealFs.Manager.Tests.Balance;

/// <summary>Nodes that come get their share, with the least movement; nodes that are drained lose everything.</summary>
public sealed class GrowthTests
{
    [Fact]
    public async Task Nodes_that_come_together_are_planned_for_together_and_get_their_share()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2, shards: 40);
        await cluster.AddAsync();
        cluster.Manager.Clock.Advance(cluster.Manager.Options.GrowthDelay / 2);
        await cluster.AddAsync();
        await cluster.BeatAsync();
        Assert.Empty((await cluster.MovesAsync()).Moves);
        await cluster.SettleAsync();
        foreach (var node in cluster.Nodes)
            Assert.Equal(10, await cluster.ServedByAsync(node));
        Assert.Equal(20ul, (await cluster.MovesAsync()).Completed);
    }

    [Fact]
    public async Task No_more_moves_run_at_a_time_than_allowed()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 4, shards: 64);
        await cluster.Manager.Client.SetBalanceAsync(new SetBalanceRequest { Moves = 3, MovesPerNode = 1 }, ManagerFixture.Cancellation);
        for (var count = 0; count < 4; count++)
            await cluster.AddAsync();
        await cluster.UntilAsync(async () => (await cluster.MovesAsync()).Moves.Count > 0);
        var copying = (await cluster.MovesAsync()).Moves.Where(move => move.Phase == MovePhase.Copying).ToList();
        Assert.Equal(3, copying.Count);
        Assert.Equal(3, copying.Select(move => move.Source).Distinct().Count());
        Assert.Equal(3, copying.Select(move => move.Target).Distinct().Count());
        Assert.All(copying, move => Assert.Equal(MoveReason.Share, move.Reason));
        await cluster.SettleAsync();
        foreach (var node in cluster.Nodes)
            Assert.Equal(8, await cluster.ServedByAsync(node));
    }

    [Fact]
    public async Task A_drained_node_is_empty_in_the_end_and_gets_nothing_more()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3, shards: 30);
        var progress = await cluster.Manager.Client.DrainNodeAsync("node-2", ManagerFixture.Cancellation);
        Assert.Equal((10u, 10u, false, ""), (progress.ShardsLeft, progress.ShardsAtStart, progress.Done, progress.Problem));
        Assert.All((await cluster.MovesAsync()).Moves, move => Assert.Equal((MoveReason.Drain, cluster[2].Id), (move.Reason, move.Source)));
        await cluster.SettleAsync();
        progress = await cluster.Manager.Client.DrainNodeAsync("2", ManagerFixture.Cancellation);
        Assert.Equal((0u, 10u, true, ""), (progress.ShardsLeft, progress.ShardsAtStart, progress.Done, progress.Problem));
        Assert.Equal((15, 0, 15), (await cluster.ServedByAsync(cluster[1]), await cluster.ServedByAsync(cluster[2]), await cluster.ServedByAsync(cluster[3])));
        Assert.Equal(10ul, (await cluster.MovesAsync()).Completed);
    }

    [Fact]
    public async Task A_drain_that_is_called_off_gives_the_node_its_share_again()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3, shards: 30);
        await cluster.Manager.Client.DrainNodeAsync("node-2", ManagerFixture.Cancellation);
        for (var round = 0; round < 2; round++)
        {
            foreach (var node in cluster.Nodes)
                await node.WorkAsync();
        }
        Assert.InRange(await cluster.ServedByAsync(cluster[2]), 1, 9);
        await cluster.Manager.Client.CancelDrainAsync("node-2", ManagerFixture.Cancellation);
        Assert.DoesNotContain((await cluster.MovesAsync()).Moves, move => move.Phase is MovePhase.Waiting or MovePhase.Copying);
        await cluster.SettleAsync();
        Assert.Equal(10, await cluster.ServedByAsync(cluster[2]));
    }
}
