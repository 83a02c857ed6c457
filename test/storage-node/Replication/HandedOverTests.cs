using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Routing;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

/// <summary>What goes with a shard besides names and bytes, and what is left behind.</summary>
public sealed class HandedOverTests
{
    private static readonly NodeId s_one = new(1);
    private static readonly NodeId s_two = new(2);

    [Fact]
    public async Task An_answer_is_remembered_by_the_new_owner()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        var sequence = client.NextSequence();
        var body = RawBody.Of(new CreateRequest { Directory = cluster.Root, Mode = 0x81A4, Flags = CreateFlags.Exclusive, Name = "file"u8 });
        var first = await client.CallAsync(Opcode.Create, cluster.Root.Shard, body, sequence, resent: false);
        Assert.True(first.TryRead<EntryReply>(out var created));
        await cluster.MoveAsync(cluster.Root.Shard, Other(cluster));
        var second = await client.CallAsync(Opcode.Create, cluster.Root.Shard, body, sequence, resent: true);
        Assert.Equal(Errno.None, second.Status);
        Assert.True(second.TryRead<EntryReply>(out var again));
        Assert.Equal(created.Attributes.Inode, again.Attributes.Inode);
    }

    [Fact]
    public async Task What_is_open_stays_open_and_an_orphan_goes_with_the_last_close()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        var (_, file) = await client.CreateAsync(cluster.Root, "file", stamp: 5);
        Assert.Equal(Errno.None, await client.WriteAsync(file.Inode, 0, [1, 2, 3]));
        Assert.Equal(Errno.None, await client.UnlinkAsync(cluster.Root, "file"));
        var target = Other(cluster);
        await cluster.MoveAsync(cluster.Root.Shard, target);
        Assert.Equal((Errno.None, 3ul), await SizeAsync(client, file.Inode));

        var shard = cluster[target].Context.Shards.Find(cluster.Root.Shard)!;
        using (shard.Enter())
            Assert.Equal(5ul, shard.Opens.StampOf(file.Inode, client.Session));
        var orphans = new StorageNode.Sessions.SessionCleanup(cluster[target].Context);
        orphans.End(client.Session);
        using (shard.Enter())
            Assert.False(shard.Begin(MoveCluster.Volume).TryGetInode(file.Inode, out _));
    }

    [Fact]
    public async Task A_session_that_ended_while_the_shard_was_on_its_way_leaves_nothing()
    {
        await using var cluster = new MoveCluster();
        var client = cluster.Client();
        var (_, file) = await client.CreateAsync(cluster.Root, "file", stamp: 5);
        Assert.Equal(Errno.None, await client.UnlinkAsync(cluster.Root, "file"));
        var target = Other(cluster);

        // The end is heard of when the source serves no more, and the target not yet.
        cluster.Reached = (_, step) =>
        {
            if (step != MoveSteps.BeforeComplete)
                return;
            foreach (var node in new[] { s_one, s_two })
                new StorageNode.Sessions.SessionCleanup(cluster[node].Context).End(client.Session);
        };
        await cluster.MoveAsync(cluster.Root.Shard, target);
        await MoveCluster.UntilAsync(() =>
        {
            var shard = cluster[target].Context.Shards.Find(cluster.Root.Shard)!;
            using (shard.Enter())
                return !shard.Opens.IsOpen(file.Inode) && !shard.Begin(MoveCluster.Volume).TryGetInode(file.Inode, out _);
        });
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_of_a_dropped_shard_is_left_and_usage_follows_it()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        var (_, file) = await client.CreateAsync(cluster.Root, "file");
        Assert.Equal(Errno.None, await client.WriteAsync(file.Inode, 0, new byte[100_000]));
        var shard = cluster.Root.Shard;
        var (source, target) = (cluster.OwnerOf(shard), Other(cluster));
        var used = cluster[source].Context.Usage(MoveCluster.Volume).UsedBytes;
        Assert.True(used >= 100_000);
        await cluster.MoveAsync(shard, target);
        Assert.Equal(0, cluster[source].Context.Usage(MoveCluster.Volume).UsedBytes);
        Assert.Equal(used, cluster[target].Context.Usage(MoveCluster.Volume).UsedBytes);
        await MoveCluster.UntilAsync(() => cluster[source].Context.Copies.List().Count == 0);
        Assert.Equal(default, cluster[source].Context.Leaving(MoveCluster.Volume));
        foreach (var table in Enum.GetValues<Table>())
        {
            using var rows = cluster[source].Context.Engine.Scan(table, CopyRows.Begin(shard), CopyRows.End(shard));
            Assert.False(rows.MoveNext());
        }

        Assert.Empty(cluster[source].Data.Store.List(MoveCluster.Volume, shard));
        Assert.NotEmpty(cluster[target].Data.Store.List(MoveCluster.Volume, shard));
    }

    [Fact]
    public async Task Until_it_is_dropped_what_left_is_told_as_used()
    {
        await using var cluster = new MoveCluster { Drops = false };
        await using var client = cluster.Client();
        await client.CreateAsync(cluster.Root, "file");
        var shard = cluster.Root.Shard;
        var source = cluster.OwnerOf(shard);
        var inodes = cluster[source].Context.Usage(MoveCluster.Volume).Inodes;
        await cluster.MoveAsync(shard, Other(cluster));
        Assert.Equal(inodes, cluster[source].Context.Leaving(MoveCluster.Volume).Inodes);
        await cluster.KillAndStartAsync(source);
        Assert.Equal(inodes, cluster[source].Context.Leaving(MoveCluster.Volume).Inodes);
        Assert.False(cluster[source].Context.Shards.IsServed(shard));
        cluster.Drops = true;
        await MoveCluster.UntilAsync(() => cluster[source].Context.Leaving(MoveCluster.Volume).Inodes == 0);
    }

    [Theory]
    [InlineData(MoveSteps.TookOver)]
    [InlineData(MoveSteps.BeforeComplete)]
    public async Task A_move_that_is_called_off_goes_back_to_its_source(string when)
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        await client.CreateAsync(cluster.Root, "before");
        var shard = cluster.Root.Shard;
        var (source, target) = (cluster.OwnerOf(shard), Other(cluster));
        cluster.Reached = (_, step) =>
        {
            if (step == when)
                cluster.Manager.CallOff();
        };
        cluster.Manager.Begin(shard, target);
        await MoveCluster.UntilAsync(() => cluster.Manager.Map.EpochOf(shard).Value == 2 && cluster.IsServedBy(source, shard));
        cluster.Reached = null;
        Assert.False(cluster.IsServedBy(target, shard));
        Assert.Equal(Errno.None, (await client.LookupAsync(cluster.Root, "before")).Status);
        Assert.Equal(Errno.None, (await client.CreateAsync(cluster.Root, "after")).Status);
        await MoveCluster.UntilAsync(() => cluster[target].Context.Copies.List().Count == 0, () => cluster.Describe(target));

        // And again, with what was made meanwhile.
        await cluster.MoveAsync(shard, target);
        Assert.Equal(Errno.None, (await client.LookupAsync(cluster.Root, "after")).Status);
    }

    [Fact]
    public async Task Transactions_across_shards_that_move_are_whole()
    {
        await using var cluster = new MoveCluster(nodes: 3, shards: 6);
        await using var client = cluster.Client();
        var directories = new List<InodeId>();
        for (var number = 0; number < 8; number++)
            directories.Add((await client.MkdirAsync(cluster.Root, $"d{number}")).Attributes.Inode);
        using var stopping = new CancellationTokenSource();
        var renaming = Enumerable.Range(0, 4).Select(async writer =>
        {
            await using var own = cluster.Client();
            var random = new Random(writer);
            var at = directories[writer];
            Assert.Equal(Errno.None, (await own.CreateAsync(at, $"f{writer}")).Status);
            var moves = 0;
            for (; !stopping.IsCancellationRequested; moves++)
            {
                var to = directories[random.Next(directories.Count)];
                if (to == at)
                    continue;
                Assert.Equal(Errno.None, await own.RenameAsync(at, $"f{writer}", to, $"f{writer}"));
                at = to;
            }

            return (writer, at, moves);
        }).ToList();
        for (var round = 0; round < 6; round++)
        {
            var shard = directories[round].Shard;
            var next = new NodeId(1 + (cluster.OwnerOf(shard).Value % 3));
            await cluster.MoveAsync(shard, next);
        }

        await stopping.CancelAsync();
        foreach (var (writer, at, moves) in await Task.WhenAll(renaming))
        {
            Assert.True(moves > 0);
            foreach (var directory in directories)
                Assert.Equal(directory == at ? Errno.None : Errno.ENOENT, (await client.LookupAsync(directory, $"f{writer}")).Status);
        }

        await MoveCluster.UntilAsync(() => new[] { 1u, 2u, 3u }.All(node => cluster[new NodeId(node)].Context.Shards.All().All(shard =>
        {
            using (shard.Enter())
                return shard.Transactions.PreparedCount + shard.Transactions.ActiveCount + shard.Transactions.UndeliveredCount == 0;
        })));
    }

    [Fact]
    public async Task A_close_that_comes_to_the_former_owner_is_passed_on()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        var (_, file) = await client.CreateAsync(cluster.Root, "file", stamp: 5);
        Assert.Equal(Errno.None, await client.UnlinkAsync(cluster.Root, "file"));
        var (source, target) = (cluster.OwnerOf(cluster.Root.Shard), Other(cluster));

        // While nobody serves the shard.
        Task? closing = null;
        cluster.Reached = (_, step) =>
        {
            if (step == MoveSteps.BeforeComplete)
                closing = client.CloseAsync(source, new OpenReference(file.Inode, 5));
        };
        await cluster.MoveAsync(cluster.Root.Shard, target);

        // It is answered when the new owner has it: the old one could die before that.
        await closing!.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var shard = cluster[target].Context.Shards.Find(cluster.Root.Shard)!;
        using (shard.Enter())
            Assert.False(shard.Begin(MoveCluster.Volume).TryGetInode(file.Inode, out _));
    }

    [Fact]
    public async Task A_lost_answer_to_the_last_question_costs_nothing()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        await client.CreateAsync(cluster.Root, "file");
        var target = Other(cluster);
        cluster.Manager.LosesAnswers = true;
        await cluster.MoveAsync(cluster.Root.Shard, target);
        Assert.Equal(Errno.None, (await client.LookupAsync(cluster.Root, "file")).Status);
        Assert.Equal(1, cluster.Manager.LostAnswers);
    }

    [Fact]
    public async Task The_shard_waits_for_a_manager_that_is_away_in_the_middle_of_the_switch()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        var shard = cluster.Root.Shard;
        var (source, target) = (cluster.OwnerOf(shard), Other(cluster));
        var switching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Reached = (_, step) =>
        {
            if (step != MoveSteps.BeforeComplete)
                return;
            cluster.Manager.IsAway = true;
            switching.TrySetResult();
        };
        cluster.Manager.Begin(shard, target);
        await switching.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var creating = client.CreateAsync(cluster.Root, "file");
        Assert.False(cluster.IsServedBy(source, shard) || cluster.IsServedBy(target, shard));
        cluster.Manager.IsAway = false;
        Assert.Equal(Errno.None, (await creating).Status);
        Assert.True(cluster.IsServedBy(target, shard));
    }

    [Fact]
    public async Task A_target_that_starts_again_with_a_complete_copy_serves_it_when_the_map_says_so()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        await client.CreateAsync(cluster.Root, "file");
        var shard = cluster.Root.Shard;
        var target = Other(cluster);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Reached = (_, step) =>
        {
            if (step != MoveSteps.AfterComplete)
                return;
            reached.TrySetResult();
            throw new InvalidOperationException("this is where the target dies");
        };
        cluster.Manager.Publishes = false;
        cluster.Manager.Begin(shard, target);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        cluster.Manager.Publishes = true;
        await cluster.KillAndStartAsync(target);
        Assert.True(cluster.IsServedBy(target, shard));
        Assert.Equal(Errno.None, (await client.LookupAsync(cluster.Root, "file")).Status);
    }

    [Fact]
    public async Task A_volume_that_is_deleted_while_its_shard_moves_leaves_nothing()
    {
        await using var cluster = new MoveCluster(shards: 2);
        await using var client = cluster.Client();
        for (var number = 0; number < 20; number++)
        {
            var (_, file) = await client.CreateAsync(cluster.Root, $"file-{number}");
            Assert.Equal(Errno.None, await client.WriteAsync(file.Inode, 0, new byte[100_000]));
        }

        var shard = cluster.Root.Shard;
        var (source, target) = (cluster.OwnerOf(shard), Other(cluster));
        var logger = Microsoft.Extensions.Logging.Abstractions.NullLogger<StorageNode.Sessions.VolumeRemoval>.Instance;
        StorageNode.Sessions.VolumeRemoval? removal = null;
        cluster.Reached = (_, step) =>
        {
            if (step == MoveSteps.Verified && removal is null)
                (removal = new StorageNode.Sessions.VolumeRemoval(cluster[source].Context, logger)).Remove([MoveCluster.Volume]);
        };
        await cluster.MoveAsync(shard, target);
        await MoveCluster.UntilAsync(() => removal!.Removed.Any());
        await removal!.DisposeAsync();
        await MoveCluster.UntilAsync(() => cluster[source].Context.Copies.List().Count == 0, () => cluster.Describe(source));

        // What the removal did not meet at the source it meets at the target, whose heartbeat finds the volume missing.
        if (cluster[target].Learners.TakeArrived().Contains(MoveCluster.Volume))
        {
            await using var again = new StorageNode.Sessions.VolumeRemoval(cluster[target].Context, logger);
            again.RemoveAgain(MoveCluster.Volume);
            await MoveCluster.UntilAsync(() => again.Removed.Any());
        }

        Assert.Equal(0, cluster[target].Context.Usage(MoveCluster.Volume).Inodes);
        Assert.Empty(cluster[target].Data.Store.List(MoveCluster.Volume, shard));
        Assert.Empty(cluster[source].Data.Store.List(MoveCluster.Volume, shard));
    }

    [Fact]
    public async Task A_forgotten_answer_is_found()
    {
        await using var cluster = new MoveCluster(bugs: PlantedBugs.ForgetAnswers);
        await using var client = cluster.Client();
        var sequence = client.NextSequence();
        var body = RawBody.Of(new CreateRequest { Directory = cluster.Root, Mode = 0x81A4, Flags = CreateFlags.Exclusive, Name = "file"u8 });
        await client.CallAsync(Opcode.Create, cluster.Root.Shard, body, sequence, resent: false);
        Assert.Equal(Errno.EEXIST, (await client.CallAsync(Opcode.Create, cluster.Root.Shard, body, sequence, resent: true)).Status);
    }

    [Fact]
    public async Task A_damaged_block_goes_as_it_is()
    {
        await using var cluster = new MoveCluster();
        await using var client = cluster.Client();
        var (_, file) = await client.CreateAsync(cluster.Root, "file");
        var content = new byte[200_000];
        content.AsSpan().Fill(1);
        Assert.Equal(Errno.None, await client.WriteAsync(file.Inode, 0, content));
        var source = cluster.OwnerOf(cluster.Root.Shard);
        cluster[source].Data.Chunks.Seal(all: true);
        cluster[source].Data.Chunks.Forget(cluster.Root.Shard, null);
        Damage(cluster[source].Data, new StorageNode.Chunks.ChunkKey(cluster.Root.Shard, MoveCluster.Volume, file.Inode, default));
        Assert.Equal(Errno.EIO, (await client.ReadAsync(file.Inode, 65_536, 65_536)).Status);
        await cluster.MoveAsync(cluster.Root.Shard, Other(cluster));
        Assert.Equal(Errno.EIO, (await client.ReadAsync(file.Inode, 65_536, 65_536)).Status);
        Assert.Equal(Errno.None, (await client.ReadAsync(file.Inode, 0, 65_536)).Status);
    }

    private static unsafe void Damage(StorageNode.Files.FileData data, StorageNode.Chunks.ChunkKey key)
    {
        var wrong = (byte)77;
        Assert.Equal(Errno.None, data.Store.Write(key, 70_000, &wrong, 1));
    }

    [Fact]
    public async Task A_part_of_a_copy_is_never_served()
    {
        await using var cluster = new MoveCluster();
        var shard = cluster.Root.Shard;
        var target = Other(cluster);
        cluster[target].Context.Copies.Put(shard, new HeldCopy(HeldState.Copying, new Epoch(1), 1, default));
        Assert.False(cluster[target].Context.Copies.MayServe(shard, new Epoch(2)));
        cluster[target].Context.Copies.Put(shard, new HeldCopy(HeldState.Complete, new Epoch(1), 1, default));
        Assert.False(cluster[target].Context.Copies.MayServe(shard, new Epoch(1)));
        Assert.True(cluster[target].Context.Copies.MayServe(shard, new Epoch(2)));
        cluster[target].Context.Copies.Remove(shard);
    }

    private static NodeId Other(MoveCluster cluster) => cluster.OwnerOf(cluster.Root.Shard) == s_one ? s_two : s_one;

    private static async Task<(Errno, ulong)> SizeAsync(MoveClient client, InodeId inode)
    {
        var (status, attributes) = await client.GetAttrAsync(inode);
        return (status, attributes.SizeBytes);
    }
}
