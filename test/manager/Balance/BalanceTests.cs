using Grpc.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Tests.Moves;
using Xunit;

namespace SealFs.Manager.Tests.Balance;

/// <summary>Balancing by used bytes and by load, asked for and by itself, and its settings.</summary>
public sealed class BalanceTests
{
    private static CancellationToken Cancellation => ManagerFixture.Cancellation;

    [Fact]
    public async Task Settings_change_one_by_one_and_nonsense_is_refused()
    {
        await using var manager = await ManagerFixture.StartAsync();
        var initial = await manager.Client.GetBalanceAsync(Cancellation);
        Assert.Equal((BalanceMode.Off, 8u, 2u), (initial.Mode, initial.Moves, initial.MovesPerNode));
        var changed = await manager.Client.SetBalanceAsync(new SetBalanceRequest { BytesPerSecond = 5 }, Cancellation);
        Assert.Equal((BalanceMode.Off, 8u, 2u, 5ul), (changed.Mode, changed.Moves, changed.MovesPerNode, changed.BytesPerSecond));
        SetBalanceRequest[] wrong = [new() { Moves = 0 }, new() { MovesPerNode = 0 }, new() { Moves = 100_000 }, new() { Mode = (BalanceMode)9 }];
        foreach (var request in wrong)
            await MoveLifeTests.RefusedAsync(() => manager.Client.SetBalanceAsync(request, Cancellation), code: StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_moved_and_moves_nothing()
    {
        await using var cluster = await HotAsync(bytesOfHot: 9, bytesOfOthers: 1);
        var plan = await cluster.Manager.Client.RebalanceAsync(BalanceBy.UsedBytes, dryRun: true, Cancellation);
        Assert.NotEmpty(plan.Moves);
        Assert.All(plan.Moves, move => Assert.Equal((cluster[1].Id, 9ul << 30), (move.Source, move.Bytes)));
        Assert.True(plan.UnevennessAfter < plan.UnevennessBefore);
        Assert.Empty((await cluster.MovesAsync()).Moves);

        var real = await cluster.Manager.Client.RebalanceAsync(BalanceBy.UsedBytes, cancellation: Cancellation);
        Assert.Equal(plan.Moves, real.Moves);
        await cluster.SettleAsync();
        Assert.Equal((ulong)plan.Moves.Count, (await cluster.MovesAsync()).Completed);
    }

    [Fact]
    public async Task Without_reports_it_is_not_guessed()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        await MoveLifeTests.RefusedAsync(() => cluster.Manager.Client.RebalanceAsync(BalanceBy.Load, cancellation: Cancellation), "0", StatusCode.Unavailable);
    }

    [Fact]
    public async Task By_share_everything_goes_back_to_its_share()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        for (var count = 0; count < 2; count++)
        {
            await cluster.MoveAsync(await MoveLifeTests.ShardOfAsync(cluster, 1), cluster[2], MovePhase.Dropping);
            await cluster.SettleAsync();
        }
        Assert.Equal(6, await cluster.ServedByAsync(cluster[2]));
        var plan = await cluster.Manager.Client.RebalanceAsync(BalanceBy.Share, cancellation: Cancellation);
        Assert.Equal((0.5, 0.0, 2), (plan.UnevennessBefore, plan.UnevennessAfter, plan.Moves.Count));
        await cluster.SettleAsync();
        Assert.Equal(4, await cluster.ServedByAsync(cluster[2]));
    }

    [Fact]
    public async Task By_itself_it_happens_only_when_wanted_and_above_the_threshold_and_not_again_soon()
    {
        await using var cluster = await HotAsync(bytesOfHot: 9, bytesOfOthers: 1);
        await cluster.SettleAsync();
        Assert.Equal(0ul, (await cluster.MovesAsync()).Completed);
        await cluster.Manager.Client.SetBalanceAsync(new SetBalanceRequest { Mode = BalanceMode.Automatic }, Cancellation);
        await cluster.SettleAsync();
        var completed = (await cluster.MovesAsync()).Completed;
        Assert.InRange(completed, 1ul, 6ul);
        var after = await cluster.Manager.Client.RebalanceAsync(BalanceBy.UsedBytes, dryRun: true, Cancellation);
        Assert.InRange(after.UnevennessBefore, 0, Limits.UnevenAbove);

        // Uneven again at once: it has to wait.
        Report(cluster, shard => shard % 2 == 0 ? 9UL : 1UL);
        await cluster.SettleAsync();
        Assert.Equal(completed, (await cluster.MovesAsync()).Completed);
        await cluster.Manager.RestartAsync();
        await cluster.SettleAsync();
        Assert.Equal(completed, (await cluster.MovesAsync()).Completed);
    }

    [Fact]
    public async Task A_little_unevenness_and_little_data_are_left_alone()
    {
        foreach (var (hot, others, unit) in ((ulong, ulong, ulong)[])[(5, 4, 1UL << 30), (9, 1, 1UL << 10)])
        {
            await using var cluster = await HotAsync(hot, others, unit);
            await cluster.Manager.Client.SetBalanceAsync(new SetBalanceRequest { Mode = BalanceMode.Automatic }, Cancellation);
            await cluster.SettleAsync();
            Assert.Equal(0ul, (await cluster.MovesAsync()).Completed);
        }
    }

    [Fact]
    public async Task Nodes_are_listed_with_the_bytes_in_their_shards()
    {
        await using var cluster = await HotAsync(bytesOfHot: 3, bytesOfOthers: 1);
        var nodes = await cluster.Manager.Client.ListNodesAsync(Cancellation);
        Assert.Equal([30UL << 30, 10UL << 30, 10UL << 30], nodes.Select(node => node.ShardBytes));
    }

    /// <summary>Three nodes with ten shards each, of which the first's are larger.</summary>
    private static async Task<ScriptedCluster> HotAsync(ulong bytesOfHot, ulong bytesOfOthers, ulong unit = 1UL << 30)
    {
        var cluster = await ScriptedCluster.StartAsync(nodes: 3, shards: 30);
        var map = await cluster.MapAsync();
        var first = cluster[1].Id;
        var sizes = map.Shards.ToArray().Select(shard => (shard.Primary.Value == first ? bytesOfHot : bytesOfOthers) * unit).ToArray();
        foreach (var node in cluster.Nodes)
        {
            node.Fill = heartbeat => heartbeat.Shards.AddRange(
                node.Served.Select(shard => new ShardUsageReport { Shard = shard.Value, Bytes = sizes[shard.Value], OperationsPerSecond = 1 }));
        }
        await cluster.BeatAsync();
        return cluster;
    }

    private static void Report(ScriptedCluster cluster, Func<uint, ulong> gibibytes)
    {
        foreach (var node in cluster.Nodes)
        {
            node.Fill = heartbeat => heartbeat.Shards.AddRange(
                node.Served.Select(shard => new ShardUsageReport { Shard = shard.Value, Bytes = gibibytes(shard.Value) << 30 }));
        }
    }
}
