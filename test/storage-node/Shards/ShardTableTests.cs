using SealFs.Core;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Replication;
using Xunit;

namespace SealFs.StorageNode.Tests.Shards;

/// <summary>A shard that is handed over, between the row that says so and its end in memory.</summary>
public sealed class ShardTableTests
{
    private static readonly NodeId s_learner = new(2);

    [Fact]
    public async Task A_shard_that_retires_is_kept_for_its_learner()
    {
        await using var cluster = new MoveCluster();
        var (table, shard, log) = Learned(cluster);
        shard.Retire(new HeldCopy(HeldState.Retired, shard.Epoch, 1, s_learner));
        table.Retired(shard);
        Assert.Null(table.Find(shard.Id));
        Assert.Same(shard, table.FindForLearner(shard.Id, shard.Epoch));
        Assert.Same(log, table.LogOf(shard.Id));
    }

    [Fact]
    public async Task It_is_kept_also_when_a_map_is_followed_just_then()
    {
        await using var cluster = new MoveCluster();
        var (table, shard, log) = Learned(cluster);
        shard.Retire(new HeldCopy(HeldState.Retired, shard.Epoch, 1, s_learner));
        shard.Node.FollowAgain();
        Assert.Same(log, table.LogOf(shard.Id));
        table.Retired(shard);
        Assert.Same(shard, table.FindForLearner(shard.Id, shard.Epoch));
    }

    [Fact]
    public async Task A_shard_that_a_map_takes_away_is_not_kept()
    {
        await using var cluster = new MoveCluster();
        var (table, shard, _) = Learned(cluster);
        cluster.Manager.Give(shard.Id, s_learner);
        Assert.Null(table.FindForLearner(shard.Id, shard.Epoch));
        Assert.Null(table.LogOf(shard.Id));
        Assert.True(shard.IsRetired);
    }

    private static (ShardTable Table, Shard Shard, EffectLog Log) Learned(MoveCluster cluster)
    {
        var table = cluster[new NodeId(1)].Context.Shards;
        var shard = table.All().First();
        var log = new EffectLog(shard, 1, s_learner, static _ => { });
        using (shard.Enter())
            shard.Attach(log);
        return (table, shard, log);
    }
}
