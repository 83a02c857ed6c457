using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Tests.Transactions;
using SealFs.StorageNode.Transactions;
using Xunit;

namespace SealFs.StorageNode.Tests.Partitions;

/// <summary>Directories that split while they are used.</summary>
public sealed class SplitTests
{
    [Fact]
    public async Task A_hundred_thousand_entries_are_listed_once_each_under_churn()
    {
        const int Entries = 100_000;
        await using var cluster = TestCluster.Start(splitThreshold: 2_000);
        await using var client = cluster.Client();
        var (_, directory) = await client.MkdirAsync(client.Root, "large");
        await ForEachAsync(Entries, 64, async index => Assert.Equal(Errno.None, (await client.CreateAsync(directory.Inode, $"f{index}")).Status));

        using var stop = new CancellationTokenSource();
        var churn = ChurnAsync(cluster, directory.Inode, stop.Token);
        for (var round = 0; round < 2; round++)
        {
            var names = await client.ListAsync(directory.Inode, 64 * 1024);
            var lasting = names.Where(name => name[0] == 'f').ToList();
            Assert.Equal(Entries, lasting.Count);
            Assert.Equal(Entries, lasting.Distinct().Count());
            Assert.Equal(names.Count, names.Distinct().Count());
        }

        await stop.CancelAsync();
        await churn;
        var (_, attributes) = await client.GetAttrAsync(directory.Inode);
        Assert.Equal(InodeRow.DirectorySize(Entries), attributes.SizeBytes);
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.True(state.Partitions > 32, $"{state.Partitions} partitions");
    }

    [Fact]
    public async Task Every_operation_works_in_every_partition()
    {
        await using var cluster = TestCluster.Start(splitThreshold: 20);
        await using var client = cluster.Client();
        var (_, directory) = await client.MkdirAsync(client.Root, "split");
        var (_, other) = await client.MkdirAsync(client.Root, "other");
        await ForEachAsync(300, 16, async index =>
        {
            Assert.Equal(Errno.None, (await client.CreateAsync(directory.Inode, $"f{index}")).Status);
            Assert.Equal(Errno.None, (await client.MkdirAsync(directory.Inode, $"d{index}")).Status);
        });

        Assert.Equal(302u, (await client.GetAttrAsync(directory.Inode)).Attributes.LinkCount);
        Assert.Equal(Errno.EEXIST, (await client.MkdirAsync(directory.Inode, "f7")).Status);
        await ForEachAsync(100, 8, async index =>
        {
            Assert.Equal(Errno.None, await client.RenameAsync(directory.Inode, $"f{index}", other.Inode, $"f{index}"));
            Assert.Equal(Errno.None, await client.RenameAsync(other.Inode, $"f{index}", directory.Inode, $"g{index}"));
            Assert.Equal(Errno.None, await client.RenameAsync(directory.Inode, $"g{index}", directory.Inode, $"f{index + 100}"));
            var file = (await client.LookupAsync(directory.Inode, $"f{index + 100}")).Attributes.Inode;
            Assert.Equal(Errno.None, (await client.LinkAsync(file, directory.Inode, $"l{index}")).Status);
            Assert.Equal(Errno.None, await client.RenameAsync(directory.Inode, $"d{index}", other.Inode, $"d{index}"));
        });
        Assert.Equal(202u, (await client.GetAttrAsync(directory.Inode)).Attributes.LinkCount);
        Assert.Equal(102u, (await client.GetAttrAsync(other.Inode)).Attributes.LinkCount);
        Assert.Equal(Errno.ENOTEMPTY, await client.RmdirAsync(client.Root, "split"));
        Assert.Equal(500, (await client.ListAsync(directory.Inode)).Distinct().Count());
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task An_emptied_split_directory_is_removed()
    {
        await using var cluster = TestCluster.Start(splitThreshold: 20);
        await using var client = cluster.Client();
        var (_, directory) = await client.MkdirAsync(client.Root, "split");
        await ForEachAsync(500, 16, async index => Assert.Equal(Errno.None, (await client.CreateAsync(directory.Inode, $"f{index}")).Status));
        Assert.True(((await client.GetAttrAsync(directory.Inode)).Attributes.Flags & InodeFlags.Split) != 0);
        await ForEachAsync(499, 16, async index => Assert.Equal(Errno.None, await client.UnlinkAsync(directory.Inode, $"f{index}")));
        Assert.Equal(Errno.ENOTEMPTY, await client.RmdirAsync(client.Root, "split"));
        Assert.Equal(Errno.None, await client.UnlinkAsync(directory.Inode, "f499"));
        Assert.Equal(Errno.None, await client.RmdirAsync(client.Root, "split"));
        Assert.Equal(Errno.ENOENT, (await client.CreateAsync(directory.Inode, "late")).Status);
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(0, state.Partitions);
        Assert.Single(state.Inodes);
    }

    [Fact]
    public async Task A_listing_that_is_past_a_narrowed_partition_is_sent_on()
    {
        await using var cluster = TestCluster.Start(splitThreshold: 20);
        await using var client = cluster.Client();
        var (_, directory) = await client.MkdirAsync(client.Root, "split");
        await ForEachAsync(100, 16, async index => Assert.Equal(Errno.None, (await client.CreateAsync(directory.Inode, $"f{index}")).Status));
        await client.WaitForDepthAsync(directory.Inode, 1);
        var request = new ReadDirRequest(directory.Inode, default, 1UL << 62, 4096, ReadDirFlags.None);
        var answer = await client.CallAsync(Opcode.ReadDir, directory.Inode.Shard, RawBody.Of(request), mutation: false);
        Assert.Equal(Errno.WrongPartition, answer.Status);
        Assert.True(answer.TryRead<PartitionHint>(out var hint));
        Assert.True(hint.Depth > 0);
    }

    [Fact]
    public async Task A_time_set_on_a_split_directory_stands_until_an_entry_changes()
    {
        await using var cluster = TestCluster.Start(splitThreshold: 20);
        await using var client = cluster.Client();
        var (_, directory) = await client.MkdirAsync(client.Root, "split");
        await ForEachAsync(100, 16, async index => Assert.Equal(Errno.None, (await client.CreateAsync(directory.Inode, $"f{index}")).Status));
        await client.WaitForDepthAsync(directory.Inode, 1);
        var request = new SetAttrRequest(directory.Inode, SetAttrMask.ModifyTime, 0, 0, 0, 0, 0, 1_000_000_000, 0);
        var answer = await client.CallAsync(Opcode.SetAttr, directory.Inode.Shard, RawBody.Of(request), mutation: true);
        Assert.True(answer.TryRead<AttributesReply>(out var set));
        Assert.Equal(1_000_000_000, set.Attributes.ModifyTimeNs);
        Assert.Equal(set.Attributes, (await client.GetAttrAsync(directory.Inode)).Attributes);
        Assert.Equal(InodeRow.DirectorySize(100), set.Attributes.SizeBytes);
        Assert.Equal(Errno.None, await client.UnlinkAsync(directory.Inode, "f50"));
        Assert.True((await client.GetAttrAsync(directory.Inode)).Attributes.ModifyTimeNs > 1_000_000_000);
    }

    [Theory]
    [InlineData(Failpoints.SplitBatch, true)]
    [InlineData(Failpoints.AfterDecision, true)]
    [InlineData(Failpoints.AfterPrepare, false)]
    [InlineData(Failpoints.BeforeApply, false)]
    public async Task A_split_survives_a_death_in_its_middle(string failpoint, bool atSource)
    {
        await using var cluster = TestCluster.StartChildren(splitThreshold: 1_000);
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var directory = await SplittingToAnotherNodeAsync(client, layout);
        await ForEachAsync(900, 16, async index => Assert.Equal(Errno.None, (await client.CreateAsync(directory, $"f{index}")).Status));

        var source = layout.OwnerOf(directory.Shard);
        var victim = atSource ? source : layout.NodeIds.First(node => node != source);
        await cluster.StopAsync(victim);
        var doomed = cluster.StartChild(victim, $"{failpoint}:exit");
        var rest = ForEachAsync(400, 16, async index => Assert.Equal(Errno.None, (await client.CreateAsync(directory, $"g{index}")).Status));
        await doomed.WaitForDeathAsync(TimeSpan.FromSeconds(20));
        await cluster.StopAsync(victim);
        cluster.StartChild(victim);
        await rest.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1_300, (await client.ListAsync(directory)).Distinct().Count());
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(1_302, state.Inodes.Count);
    }

    /// <summary>A directory whose first split goes to another node than its own.</summary>
    private static async Task<InodeId> SplittingToAnotherNodeAsync(TestClient client, TestLayout layout)
    {
        for (var index = 0; ; index++)
        {
            var (_, made) = await client.MkdirAsync(client.Root, $"d{index}");
            if (layout.OwnerOf(PlacementHash.Partition(made.Inode, new PartitionIndex(1), layout.Shards)) != layout.OwnerOf(made.Inode.Shard))
                return made.Inode;
            Assert.Equal(Errno.None, await client.RmdirAsync(client.Root, $"d{index}"));
        }
    }

    private static async Task ChurnAsync(TestCluster cluster, InodeId directory, CancellationToken stop)
    {
        await using var client = cluster.Client();
        for (var round = 0; !stop.IsCancellationRequested; round++)
        {
            await ForEachAsync(50, 8, async index => Assert.Equal(Errno.None, (await client.CreateAsync(directory, $"x{round}-{index}")).Status));
            await ForEachAsync(50, 8, async index => Assert.Equal(Errno.None, await client.UnlinkAsync(directory, $"x{round}-{index}")));
        }
    }

    private static Task ForEachAsync(int count, int atATime, Func<int, Task> action) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = atATime }, async (index, _) => await action(index));
}
