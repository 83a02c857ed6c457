using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Manager.Tests.Moves;

/// <summary>Volumes while shards change nodes: nothing of a deleted one is left behind, and usage is counted once.</summary>
public sealed class MovesAndVolumesTests
{
    private static CancellationToken Cancellation => ManagerFixture.Cancellation;

    [Fact]
    public async Task Both_nodes_of_a_move_purge_again_when_it_is_decided_who_has_the_shard()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        await cluster.Manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, Cancellation);
        var move = await cluster.MoveAsync(await MoveLifeTests.ShardOfAsync(cluster, 1), cluster[2]);
        await cluster.Manager.Client.DeleteVolumeAsync("data", cancellation: Cancellation);
        await cluster.BeatAsync();
        Assert.Equal([1u], cluster[2].Answer.PurgeVolumes);

        // The target says it is done before it gets the shard, in which something of the volume may be left.
        foreach (var node in cluster.Nodes)
            node.Fill = heartbeat => heartbeat.PurgedVolumes.Add(1);
        await cluster[2].BeatAsync();
        Assert.Empty(cluster[2].Answer.PurgeVolumes);
        await cluster[2].BeginSwitchAsync(move);
        await cluster.BeatAsync();
        Assert.Equal([1u], cluster[1].Answer.PurgeVolumes);
        await cluster[2].CompleteAsync(move);
        await cluster.BeatAsync();
        Assert.Equal(1u, (await cluster.Manager.Client.ClusterStatusAsync(Cancellation)).VolumesDeleting);

        // What it still reports from before counts for nothing; it is asked anew when it has stopped reporting it.
        Assert.Empty(cluster[2].Answer.PurgeVolumes);
        foreach (var node in cluster.Nodes)
            node.Fill = null;
        await cluster.BeatAsync();
        Assert.Equal([1u], cluster[2].Answer.PurgeVolumes);
        foreach (var node in cluster.Nodes)
            node.Fill = heartbeat => heartbeat.PurgedVolumes.Add(1);
        await cluster.BeatAsync();
        Assert.Equal(0u, (await cluster.Manager.Client.ClusterStatusAsync(Cancellation)).VolumesDeleting);
    }

    [Fact]
    public async Task A_removed_node_is_not_waited_for()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 2);
        await cluster.Manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, Cancellation);
        await cluster.Manager.Client.DeleteVolumeAsync("data", cancellation: Cancellation);
        cluster[1].Fill = heartbeat => heartbeat.PurgedVolumes.Add(1);
        await cluster[1].BeatAsync();
        await cluster.Manager.Client.RemoveNodeAsync("node-2", forceLoseData: true, Cancellation);
        Assert.Equal(0u, (await cluster.Manager.Client.ClusterStatusAsync(Cancellation)).VolumesDeleting);
    }

    [Fact]
    public async Task Usage_is_neither_lost_nor_given_away_while_a_shard_changes_nodes()
    {
        await using var cluster = await ScriptedCluster.StartAsync(nodes: 3);
        await cluster.Manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data", QuotaBytes = 1000 }, Cancellation);
        Uses(cluster[1], used: 900, ceiling: 900);
        await cluster[1].BeatAsync();
        var move = await cluster.MoveAsync(await MoveLifeTests.ShardOfAsync(cluster, 1), cluster[2], MovePhase.Switching);

        // The source has let go of a shard with 500 bytes, and tells of it until the target has.
        Uses(cluster[1], used: 900, ceiling: 900, leaving: 500);
        await cluster[1].BeatAsync();
        Assert.Equal(900ul, await UsedAsync(cluster));
        Uses(cluster[3], used: 0, ceiling: 0, urgent: true);
        await cluster[3].BeatAsync();
        Assert.InRange(cluster[3].Answer.Volumes[0].CeilingBytes, 0ul, 100ul);
        await cluster[2].CompleteAsync(move);
        await cluster[1].BeatAsync();
        Assert.Empty(cluster[1].Answer.CopyOrders);
        await cluster[3].BeatAsync();
        Assert.InRange(cluster[3].Answer.Volumes[0].CeilingBytes, 0ul, 100ul);
        Uses(cluster[3], used: 100, ceiling: 100, urgent: true);
        await cluster[3].BeatAsync();
        Assert.True(cluster[3].Answer.Volumes[0].MoreExpected);
        Uses(cluster[3], used: 0, ceiling: 0, urgent: true);
        await cluster[3].BeatAsync();
        Uses(cluster[2], used: 500, ceiling: 500);
        await cluster[2].BeatAsync();

        // From then on the source is told to drop what it has.
        await cluster[1].BeatAsync();
        Assert.Equal(CopyAction.Drop, Assert.Single(cluster[1].Answer.CopyOrders).Action);
        Uses(cluster[1], used: 400, ceiling: 400);
        await cluster[1].BeatAsync();
        Assert.Equal(900ul, await UsedAsync(cluster));
        Uses(cluster[2], used: 100, ceiling: 100);
        await cluster[2].BeatAsync();
        Assert.Equal(500ul, await UsedAsync(cluster));
        await cluster[3].BeatAsync();
        Assert.InRange(cluster[3].Answer.Volumes[0].CeilingBytes, 101ul, 500ul);
    }

    private static async Task<ulong> UsedAsync(ScriptedCluster cluster) =>
        (await cluster.Manager.Client.GetVolumeAsync("data", Cancellation)).UsedBytes;

    private static void Uses(ScriptedNode node, ulong used, ulong ceiling, bool urgent = false, ulong leaving = 0) => node.Fill = heartbeat =>
        heartbeat.Volumes.Add(new VolumeReport { VolumeId = 1, UsedBytes = used, CeilingBytes = ceiling, LeavingBytes = leaving, Urgent = urgent });
}
