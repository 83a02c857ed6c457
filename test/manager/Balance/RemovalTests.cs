using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Manager.Tests.Moves;
using Xunit;

namespace SealFs.Manager.Tests.Balance;

/// <summary>Removing nodes, maintenance, and whether a node can be stopped.</summary>
public sealed class RemovalTests
{
    private static CancellationToken Cancellation => ManagerFixture.Cancellation;

    [Fact]
    public async Task A_node_that_holds_something_is_not_removed_and_the_reasons_are_told()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        var client = cluster.Manager.Client;
        await MoveLifeTests.RefusedAsync(() => client.RemoveNodeAsync("node-2", cancellation: Cancellation), "it serves 4 shards");
        await MoveLifeTests.RefusedAsync(() => client.RemoveNodeAsync("node-2", cancellation: Cancellation), "not being drained");
        await MoveLifeTests.RefusedAsync(() => client.RemoveNodeAsync("nobody", cancellation: Cancellation), "no node", StatusCode.NotFound);
        var safety = await client.NodeSafetyAsync("node-2", Cancellation);
        Assert.False(safety.SafeToRemove);
        Assert.Contains(safety.NotRemovableBecause, reason => reason.Contains("4 shards", StringComparison.Ordinal));
        await cluster.MoveAsync(await MoveLifeTests.ShardOfAsync(cluster, 1), cluster[2]);
        await MoveLifeTests.RefusedAsync(() => client.RemoveNodeAsync("node-2", cancellation: Cancellation), "moves from or to it are under way");
        Assert.Equal(2, (await client.ListNodesAsync(Cancellation)).Count);
    }

    [Fact]
    public async Task A_drained_node_is_removed_for_ever()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3, shards: 12);
        var client = cluster.Manager.Client;
        await client.DrainNodeAsync("node-2", Cancellation);
        await cluster.SettleAsync();
        cluster[2].Copies[new ShardId(0)] = new CopyReport { Shard = 0, Epoch = 1, Step = CopyStep.Leftover };
        await cluster[2].BeatAsync();
        await MoveLifeTests.RefusedAsync(() => client.RemoveNodeAsync("node-2", cancellation: Cancellation), "not dropped yet");
        await cluster.SettleAsync();
        Assert.True((await client.NodeSafetyAsync("node-2", Cancellation)).SafeToRemove);
        Assert.Empty(await client.RemoveNodeAsync("node-2", cancellation: Cancellation));
        await AssertGoneAsync(cluster);
        await cluster.Manager.RestartAsync();
        await AssertGoneAsync(cluster);

        // The name is free, the identity is not.
        await client.RegisterNodeAsync(ManagerFixture.Registration(9, name: "node-2"), Cancellation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task By_force_the_shards_go_empty_to_others(bool dead)
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3, shards: 12);
        var client = cluster.Manager.Client;
        await client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data", QuotaBytes = 1000 }, Cancellation);
        cluster[2].Fill = heartbeat => heartbeat.Volumes.Add(new VolumeReport { VolumeId = 1, UsedBytes = 600, CeilingBytes = 600 });
        await cluster[2].BeatAsync();
        Assert.Equal(600ul, (await client.GetVolumeAsync("data", Cancellation)).UsedBytes);
        var before = await cluster.MapAsync();
        if (dead)
        {
            cluster[2].Stop();
            await cluster.UntilAsync(async () => (await client.ClusterStatusAsync(Cancellation)).NodesDead == 1);
            await MoveLifeTests.RefusedAsync(() => client.RemoveNodeAsync("node-2", cancellation: Cancellation), "4 shards");
        }
        var lost = await client.RemoveNodeAsync("node-2", forceLoseData: true, Cancellation);
        var after = await cluster.MapAsync();
        Assert.Equal(4, lost.Count);
        Assert.All(lost, shard => Assert.Equal(
            (cluster[2].Id, before.EpochOf(shard).Value + 1), (before.PrimaryOf(shard).Value, after.EpochOf(shard).Value)));
        Assert.Equal((6, 6), (await cluster.ServedByAsync(cluster[1]), await cluster.ServedByAsync(cluster[3])));
        Assert.Equal(0u, (await client.ClusterStatusAsync(Cancellation)).ShardsUnavailable);
        Assert.Equal(0ul, (await client.GetVolumeAsync("data", Cancellation)).UsedBytes);
        await AssertGoneAsync(cluster);
    }

    [Fact]
    public async Task The_last_node_is_not_removed_and_draining_it_says_why_it_does_not_get_on()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 1);
        var client = cluster.Manager.Client;
        await MoveLifeTests.RefusedAsync(() => client.RemoveNodeAsync("node-1", forceLoseData: true, Cancellation), "no other live node");
        var progress = await client.DrainNodeAsync("node-1", Cancellation);
        Assert.Contains("No other node", progress.Problem, StringComparison.Ordinal);
        Assert.False(progress.Done);
        await MoveLifeTests.RefusedAsync(() => client.DrainNodeAsync("nobody", Cancellation), "no node", StatusCode.NotFound);
        await MoveLifeTests.RefusedAsync(() => client.CancelDrainAsync("nobody", Cancellation), "no node", StatusCode.NotFound);

        // With another node it goes on by itself.
        await cluster.AddAsync();
        await cluster.SettleAsync();
        Assert.True((await client.DrainNodeAsync("node-1", Cancellation)).Done);
    }

    [Fact]
    public async Task A_drain_without_room_elsewhere_says_so_and_loses_nothing()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        cluster[1].Fill = heartbeat =>
        {
            for (var shard = 0u; shard < 8; shard++)
                heartbeat.Shards.Add(new ShardUsageReport { Shard = shard, Bytes = 10UL << 30 });
        };
        cluster[2].Fill = heartbeat => (heartbeat.CapacityBytes, heartbeat.FreeBytes) = (100UL << 30, 12UL << 30);
        await cluster.BeatAsync();
        var progress = await cluster.Manager.Client.DrainNodeAsync("node-1", Cancellation);
        Assert.Contains("no room", progress.Problem, StringComparison.Ordinal);
        Assert.Equal((4u, 40UL << 30), (progress.ShardsLeft, progress.BytesLeft));
        Assert.Empty((await cluster.MovesAsync()).Moves);
        await MoveLifeTests.RefusedAsync(
            async () => await cluster.Manager.Client.MoveShardAsync(await MoveLifeTests.ShardOfAsync(cluster, 1), "node-2", Cancellation), "no room");
    }

    [Fact]
    public async Task A_node_in_maintenance_neither_gives_nor_gets_until_it_is_over()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2, shards: 30);
        var client = cluster.Manager.Client;
        var copying = await cluster.MoveAsync(await MoveLifeTests.ShardOfAsync(cluster, 1), cluster[2]);
        await client.SetMaintenanceAsync("node-2", TimeSpan.FromMinutes(10), Cancellation);
        await MoveLifeTests.RefusedAsync(() => cluster[2].BeginSwitchAsync(copying), "maintenance", StatusCode.Unavailable);
        await client.CancelMoveAsync(copying, Cancellation);
        await cluster.AddAsync();
        await cluster.SettleAsync();
        Assert.Equal(15, await cluster.ServedByAsync(cluster[2]));
        Assert.Equal(10, await cluster.ServedByAsync(cluster[1]));
        Assert.NotEqual(0, (await client.ListNodesAsync(Cancellation))[1].MaintenanceUntilUnixMs);
        cluster.Manager.Clock.Advance(TimeSpan.FromSeconds(1));
        await client.SetMaintenanceAsync("node-2", TimeSpan.Zero, Cancellation);
        await cluster.SettleAsync();
        foreach (var node in cluster.Nodes)
            Assert.Equal(10, await cluster.ServedByAsync(node));
        await MoveLifeTests.RefusedAsync(() => client.SetMaintenanceAsync("node-2", TimeSpan.FromDays(2), Cancellation), "24 hours", StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task A_node_is_safe_to_restart_when_nothing_else_is_in_trouble()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3);
        var client = cluster.Manager.Client;
        Assert.True((await client.NodeSafetyAsync("node-1", Cancellation)).SafeToRestart);
        await client.SetMaintenanceAsync("node-2", TimeSpan.FromMinutes(1), Cancellation);
        Assert.Contains("maintenance", Assert.Single((await client.NodeSafetyAsync("node-1", Cancellation)).NotRestartableBecause), StringComparison.Ordinal);
        await client.SetMaintenanceAsync("node-2", TimeSpan.Zero, Cancellation);
        await cluster.MoveAsync(await MoveLifeTests.ShardOfAsync(cluster, 1), cluster[3], MovePhase.Switching);
        Assert.Contains("just changing", Assert.Single((await client.NodeSafetyAsync("node-1", Cancellation)).NotRestartableBecause), StringComparison.Ordinal);
        Assert.True((await client.NodeSafetyAsync("node-2", Cancellation)).SafeToRestart);
        cluster[3].Stop();
        await cluster.UntilAsync(async () => (await client.ClusterStatusAsync(Cancellation)).NodesDead == 1);
        Assert.Contains("dead", Assert.Single((await client.NodeSafetyAsync("node-1", Cancellation)).NotRestartableBecause), StringComparison.Ordinal);
    }

    private static async Task AssertGoneAsync(ScriptedCluster cluster)
    {
        Assert.DoesNotContain(await cluster.Manager.Client.ListNodesAsync(Cancellation), node => node.Node.Name == "node-2");
        Assert.Null((await cluster.MapAsync()).Node(new NodeId(cluster[2].Id)));
        await MoveLifeTests.RefusedAsync(() => cluster[2].BeatAsync(), "was removed");
        await MoveLifeTests.RefusedAsync(() => cluster.Manager.RegisterAsync(2, incarnation: 99), "was removed");
    }
}
