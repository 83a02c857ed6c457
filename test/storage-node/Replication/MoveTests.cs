using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Tests.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

public sealed class MoveTests(ITestOutputHelper output)
{
    private static readonly NodeId s_one = new(1);
    private static readonly NodeId s_two = new(2);

    [Fact]
    public async Task A_shard_moves_there_and_back_under_load()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using var cluster = new MoveCluster();
        await using var load = new MoveLoad(cluster, cluster.Root, writers: 6, seed);
        var shard = cluster.Root.Shard;
        for (var round = 0; round < 6; round++)
        {
            var before = load.Operations;
            await MoveCluster.UntilAsync(() => load.Operations > before + 200);
            await cluster.MoveAsync(shard, cluster.OwnerOf(shard) == s_one ? s_two : s_one);
            output.WriteLine($"round {round}: {load.Operations} operations, pause {cluster.Manager.Pauses[^1]} ms");
        }

        await load.StopAndCheckAsync();
    }

    [Fact]
    public async Task A_client_is_told_where_the_shard_went()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        await client.CreateAsync(cluster.Root, "file");
        await cluster.MoveAsync(cluster.Root.Shard, cluster.OwnerOf(cluster.Root.Shard) == s_one ? s_two : s_one);
        Assert.Equal(Errno.None, (await client.LookupAsync(cluster.Root, "file")).Status);
        Assert.Equal(1, client.Hints);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_is_under_way_when_the_source_retires_arrives(bool diskIsFullFirst)
    {
        var disk = new MisbehavingDevice();
        await using var cluster = new MoveCluster(disk: disk);
        await using var client = cluster.Client();
        var (_, file) = await client.CreateAsync(cluster.Root, "file");

        // A chunk whose writes are acknowledged without a commit: nothing but the log tells the target of them.
        var shard = file.Inode.Shard;
        var chunk = Enumerable.Range(1, 1000).First(index => PlacementHash.Chunk(file.Inode, new ChunkIndex((ulong)index), cluster.Shards) == shard);
        var offset = (ulong)chunk * MoveCluster.ChunkBytes;
        Assert.Equal(Errno.None, await client.WriteAsync(file.Inode, offset, new byte[100_000]));
        var source = cluster.OwnerOf(shard);

        // The bytes reach the disk when the shard is not among those that the source serves any more, and the rest of the log is asked for.
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        Task<Errno>? writing = null;
        cluster.Reached = (_, step) =>
        {
            if (step == MoveSteps.TookOver && diskIsFullFirst)
            {
                var tries = 0;
                disk.WritableBytes = 0;
                disk.BeforeWrite = () => disk.WritableBytes = ++tries < 3 ? 0 : long.MaxValue;
            }

            if (step != MoveSteps.AfterBeginSwitch || writing is not null)
                return;
            var atDisk = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            disk.BeforeWrite = () =>
            {
                disk.BeforeWrite = null;
                atDisk.SetResult();
                SpinWait.SpinUntil(() => !cluster.IsServedBy(source, shard), TimeSpan.FromSeconds(30));
            };
            writing = Task.Run(() => client.WriteAsync(file.Inode, offset, bytes));
            atDisk.Task.Wait(TimeSpan.FromSeconds(30));
        };
        await cluster.MoveAsync(shard, source == s_one ? s_two : s_one);
        Assert.Equal(Errno.None, await writing!);
        var (status, read) = await client.ReadAsync(file.Inode, offset, bytes.Length);
        Assert.Equal(Errno.None, status);
        Assert.Equal(bytes, read);
    }

    [Fact]
    public async Task A_learner_that_falls_out_of_the_log_starts_over()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        var (_, file) = await client.CreateAsync(cluster.Root, "file");
        Assert.Equal(Errno.None, await client.WriteAsync(file.Inode, 0, [1, 2, 3]));
        var (source, shard) = (cluster.OwnerOf(file.Inode.Shard), file.Inode.Shard);
        var attached = 0;
        cluster.Reached = (_, step) =>
        {
            if (step == MoveSteps.Attached)
                attached++;
            if (step != MoveSteps.PageApplied || attached > 1)
                return;
            var log = cluster[source].Context.Shards.Find(shard)!.Log!;
            for (var number = 0u; !log.IsBroken; number++)
                log.Append(number, new byte[1 << 20]);
        };
        await cluster.MoveAsync(shard, source == s_one ? s_two : s_one);
        Assert.Equal(2, attached);
        Assert.Equal([1, 2, 3], (await client.ReadAsync(file.Inode, 0, 3)).Bytes);
    }

    /// <summary>A switch without the rest of the log loses what was acknowledged: the check sees it, or it would not be one.</summary>
    [Fact]
    public async Task A_switch_before_the_copy_has_caught_up_is_found()
    {
        await using var cluster = new MoveCluster(bugs: PlantedBugs.SwitchBeforeCaughtUp);
        Assert.True(await LosesAsync(cluster), "nothing was lost in many moves");
    }

    [Fact]
    public async Task A_source_that_goes_on_answering_is_found()
    {
        await using var cluster = new MoveCluster(bugs: PlantedBugs.AnswerAfterHandOver);
        Assert.True(await LosesAsync(cluster), "nothing was lost in many moves");
    }

    private async Task<bool> LosesAsync(MoveCluster cluster)
    {
        for (var round = 0; round < 10; round++)
        {
            var seed = Random.Shared.Next();
            output.WriteLine($"seed {seed}");
            try
            {
                await using var client = cluster.Client();
                var (status, directory) = await client.MkdirAsync(cluster.Root, $"round-{round}");
                Assert.Equal(Errno.None, status);
                await using var load = new MoveLoad(cluster, directory.Inode, writers: 6, seed);
                await MoveCluster.UntilAsync(() => load.Operations > 100, seconds: 10);
                var shard = directory.Inode.Shard;
                cluster.Manager.Begin(shard, cluster.OwnerOf(shard) == s_one ? s_two : s_one);
                await MoveCluster.UntilAsync(() => cluster.Manager.Current is null, seconds: 10);
                await load.StopAndCheckAsync();
            }
            catch (Exception found) when (found is Xunit.Sdk.XunitException or TimeoutException)
            {
                output.WriteLine(found.Message);
                return true;
            }
        }

        return false;
    }
}
