using SealFs.Core;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Tests.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

/// <summary>A node dies at every step of a move, on either side, while writers go on; then the move is made all the same.</summary>
public sealed class StepTests(ITestOutputHelper output)
{
    private static readonly NodeId s_source = new(1);
    private static readonly NodeId s_target = new(2);

    public static TheoryData<string, bool> Steps
    {
        get
        {
            var steps = new TheoryData<string, bool>();
            foreach (var step in new[]
            {
                MoveSteps.Attached, MoveSteps.Page, MoveSteps.Tail, MoveSteps.Snapshot, MoveSteps.Retired, MoveSteps.HandedOver,
                MoveSteps.Begun, MoveSteps.PageApplied, MoveSteps.TailApplied, MoveSteps.Verified, MoveSteps.BeforeBeginSwitch, MoveSteps.AfterBeginSwitch,
                MoveSteps.TookOver, MoveSteps.BeforeComplete, MoveSteps.AfterComplete, MoveSteps.Served,
            })
            {
                steps.Add(step, true);
                steps.Add(step, false);
            }

            return steps;
        }
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task After_a_death_there_is_one_owner_and_nothing_is_lost(string step, bool killsSource)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using var cluster = new MoveCluster(shards: 4);
        var shard = await ShardOfSourceAsync(cluster);
        await using var load = new MoveLoad(cluster, shard, writers: 3, seed);
        await MoveCluster.UntilAsync(() => load.Operations > 60);

        var victim = killsSource ? s_source : s_target;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Reached = (_, name) =>
        {
            if (name != step)
                return;

            // Whoever is at this step gets no further, on whichever node: the other may be the one that dies.
            reached.TrySetResult();
            throw new InvalidOperationException("this is where somebody dies");
        };
        var move = cluster.Manager.Begin(shard.Shard, s_target);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await cluster.KillAndStartAsync(victim);
        cluster.Reached = null;
        AssertOneOwner(cluster, shard.Shard);

        // The manager wants it still, or again.
        if (cluster.OwnerOf(shard.Shard) != s_target && cluster.Manager.Current is null)
            cluster.Manager.Begin(shard.Shard, s_target);
        await MoveCluster.UntilAsync(() => cluster.IsServedBy(s_target, shard.Shard), () => cluster.Describe(s_target));
        var before = load.Operations;
        await MoveCluster.UntilAsync(() => load.Operations > before + 30);
        await load.StopAndCheckAsync();
        AssertOneOwner(cluster, shard.Shard);
        await MoveCluster.UntilAsync(() => cluster[s_source].Context.Copies.List().Count == 0, () => cluster.Describe(s_source));
        Assert.NotEqual(0u, (uint)move.Id);
    }

    [Fact]
    public async Task A_drop_that_was_interrupted_goes_on_after_the_start()
    {
        await using var cluster = new MoveCluster(shards: 4);
        var directory = await ShardOfSourceAsync(cluster);
        await using var client = cluster.Client();
        var (_, file) = await client.CreateAsync(directory, "file");
        Assert.Equal(Errno.None, await client.WriteAsync(file.Inode, 0, new byte[100_000]));
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Reached = (_, name) =>
        {
            if (name != MoveSteps.Dropping)
                return;
            reached.TrySetResult();
            throw new InvalidOperationException("this is where the source dies");
        };
        await cluster.MoveAsync(directory.Shard, s_target);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await cluster.KillAndStartAsync(s_source);
        Assert.True(cluster[s_source].Context.Copies.TryGet(directory.Shard, out var copy));
        Assert.Equal(HeldState.Dropping, copy.State);

        // Meanwhile it cannot come back; afterwards it can.
        cluster.Manager.Begin(directory.Shard, s_source);
        cluster.Reached = null;
        await MoveCluster.UntilAsync(() => cluster.IsServedBy(s_source, directory.Shard), () => cluster.Describe(s_source));
        Assert.Equal(file.Inode, (await client.LookupAsync(directory, "file")).Attributes.Inode);
    }

    [Fact]
    public async Task What_an_earlier_learner_wrote_and_did_not_sync_is_synced_before_the_switch()
    {
        var disk = new MisbehavingDevice();
        await using var cluster = new MoveCluster(shards: 4, disk: disk);
        var directory = await ShardOfSourceAsync(cluster);
        await using var client = cluster.Client();
        var (_, file) = await client.CreateAsync(directory, "file");
        Assert.Equal(Errno.None, await client.WriteAsync(file.Inode, 0, [.. Enumerable.Repeat((byte)7, 100_000)]));
        Assert.Equal(1, cluster[s_source].Data.Chunks.Seal(all: true));
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Reached = (_, name) =>
        {
            if (name != MoveSteps.Verified)
                return;
            reached.TrySetResult();
            throw new InvalidOperationException("this is where the target dies");
        };
        cluster.Manager.Begin(directory.Shard, s_target);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

        // The next one finds everything as it should be, and no life after this kill has synced.
        var (writes, syncs, synced) = (0, 0, 0);
        disk.BeforeWrite = () => writes++;
        await cluster.KillAndStartAsync(s_target);
        syncs = disk.Syncs;
        cluster.Reached = (_, name) =>
        {
            if (name == MoveSteps.BeforeBeginSwitch)
                synced = disk.Syncs - syncs;
        };
        await MoveCluster.UntilAsync(() => cluster.IsServedBy(s_target, directory.Shard), () => cluster.Describe(s_target));
        Assert.Equal((0, 1), (writes, synced));
    }

    /// <summary>A directory whose shard the source serves.</summary>
    private static async Task<InodeId> ShardOfSourceAsync(MoveCluster cluster)
    {
        await using var client = cluster.Client();
        for (var number = 0; ; number++)
        {
            var (status, attributes) = await client.MkdirAsync(cluster.Root, $"directory-{number}");
            Assert.Equal(Errno.None, status);
            if (cluster.OwnerOf(attributes.Inode.Shard) == s_source)
                return attributes.Inode;
        }
    }

    private static void AssertOneOwner(MoveCluster cluster, ShardId shard) =>
        Assert.False(cluster.IsServedBy(s_source, shard) && cluster.IsServedBy(s_target, shard), "two nodes serve the shard");
}
