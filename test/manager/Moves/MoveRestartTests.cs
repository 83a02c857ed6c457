using SealFs.Core;
using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Manager.Tests.Moves;

/// <summary>The manager restarts in every phase of a move, and everything goes on from there.</summary>
public sealed class MoveRestartTests
{
    [Theory]
    [InlineData(MovePhase.Copying)]
    [InlineData(MovePhase.Switching)]
    [InlineData(MovePhase.Dropping)]
    public async Task A_restarted_manager_goes_on_with_the_move(MovePhase phase)
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var shard = await MoveLifeTests.ShardOfAsync(cluster, 1);
        var move = await cluster.MoveAsync(shard, cluster[2], phase);
        var before = await cluster.MapAsync();
        await cluster.Manager.RestartAsync();
        var after = await cluster.MapAsync();
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(before.Shards.ToArray(), after.Shards.ToArray());
        var status = Assert.Single((await cluster.MovesAsync()).Moves);
        Assert.Equal((move, phase, MoveReason.Manual), (status.MoveId, status.Phase, status.Reason));
        await cluster.BeatAsync();
        if (phase == MovePhase.Copying)
            await cluster[2].BeginSwitchAsync(move);
        if (phase != MovePhase.Dropping)
            await cluster[2].CompleteAsync(move);
        await cluster.SettleAsync();
        Assert.Equal(cluster[2].Id, (await cluster.MapAsync()).PrimaryOf(shard).Value);
        Assert.Equal(1ul, (await cluster.MovesAsync()).Completed);
    }

    [Fact]
    public async Task Plans_drains_maintenance_and_settings_survive()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3, shards: 30);
        var client = cluster.Manager.Client;
        await client.SetBalanceAsync(
            new SetBalanceRequest { Mode = BalanceMode.Automatic, Moves = 5, MovesPerNode = 3, BytesPerSecond = 777 }, ManagerFixture.Cancellation);
        var until = await client.SetMaintenanceAsync("node-3", TimeSpan.FromHours(1), ManagerFixture.Cancellation);
        await client.DrainNodeAsync("node-2", ManagerFixture.Cancellation);
        var moves = (await cluster.MovesAsync()).Moves;
        Assert.NotEmpty(moves);
        await cluster.Manager.RestartAsync();
        Assert.Equal(moves.Select(Known), (await cluster.MovesAsync()).Moves.Select(Known));
        var nodes = await client.ListNodesAsync(ManagerFixture.Cancellation);
        Assert.Equal(10u, nodes[1].Drain.ShardsAtStart);
        Assert.Equal(until, nodes[2].MaintenanceUntilUnixMs);
        Assert.Equal(
            new BalanceSettings { Mode = BalanceMode.Automatic, Moves = 5, MovesPerNode = 3, BytesPerSecond = 777 },
            await client.GetBalanceAsync(ManagerFixture.Cancellation));
        await cluster.SettleAsync();
        Assert.Equal(0, await cluster.ServedByAsync(cluster[2]));
    }

    [Fact]
    public async Task Growth_goes_on_and_what_was_settled_stays_settled()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2, shards: 40);
        await cluster.AddAsync();
        await cluster.UntilAsync(async () => (await cluster.MovesAsync()).Moves.Count > 0);
        await cluster.Manager.RestartAsync();
        await cluster.SettleAsync();
        Assert.InRange(await cluster.ServedByAsync(cluster[3]), 13, 14);

        // A shard that somebody moved stays where it is: nothing is planned for nodes that have not changed.
        var shard = await MoveLifeTests.ShardOfAsync(cluster, 1);
        await cluster.MoveAsync(shard, cluster[2], MovePhase.Dropping);
        await cluster.SettleAsync();
        await cluster.Manager.RestartAsync();
        await cluster.SettleAsync();
        Assert.Equal(cluster[2].Id, (await cluster.MapAsync()).PrimaryOf(shard).Value);
    }

    private static (ulong Id, uint Shard, uint Source, uint Target, MovePhase Phase, long Started) Known(MoveStatus move) =>
        (move.MoveId, move.Shard, move.Source, move.Target, move.Phase, move.StartedUnixMs);
}
