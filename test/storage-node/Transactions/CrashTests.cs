using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.StorageNode.Transactions;
using Xunit;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>
/// Nodes that die, as by kill -9, at every step of a transaction: the client's request is answered all the same when the node is back, once, and afterwards the
/// rows of all nodes agree.
/// </summary>
public sealed class CrashTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Steps at which a participant dies, and at which a coordinator dies.</summary>
    public static TheoryData<string, bool> Steps => new()
    {
        { Failpoints.AfterPrepare, false },
        { Failpoints.BeforeApply, false },
        { Failpoints.AfterApply, false },
        { Failpoints.BeforeDecision, true },
        { Failpoints.AfterDecision, true },
        { Failpoints.BeforeForget, true },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_death_leaves_nothing_half_done(string failpoint, bool atCoordinator)
    {
        await using var cluster = TestCluster.StartChildren();
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var coordinator = layout.OwnerOf(client.Root.Shard);
        var participant = layout.NodeIds.First(node => node != coordinator);
        var victim = atCoordinator ? coordinator : participant;

        var far = await MakeAsync(client, layout, participant, "far");
        var (_, file) = await client.CreateAsync(client.Root, "file");
        var (_, target) = await client.CreateAsync(far, "target");
        var (_, linked) = await client.CreateAsync(far, "linked");
        await client.LinkAsync(linked.Inode, client.Root, "link");
        await MakeAsync(client, layout, participant, "gone");

        var operations = new (string Name, Func<Task<Errno>> Run)[]
        {
            ("mkdir", async () => (await client.MkdirAsync(client.Root, NameBornOn(layout, client.Root, participant, "new"))).Status),
            ("rename", () => client.RenameAsync(client.Root, "file", far, "target")),
            ("unlink", () => client.UnlinkAsync(client.Root, "link")),
            ("rmdir", () => client.RmdirAsync(client.Root, NameBornOn(layout, client.Root, participant, "gone"))),
            ("link", async () => (await client.LinkAsync(linked.Inode, client.Root, "again")).Status),
        };
        foreach (var (name, run) in operations)
        {
            await cluster.StopAsync(victim);
            var doomed = cluster.StartChild(victim, $"{(name == "unlink" ? OfFollowUp(failpoint) : failpoint)}:exit");
            var answer = run();
            await doomed.WaitForDeathAsync(s_patience);
            await cluster.StopAsync(victim);
            cluster.StartChild(victim);
            var status = await answer.WaitAsync(s_patience);
            Assert.True(status == Errno.None, $"{name} with {failpoint}: {status}");
        }

        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(file.Inode, state.Find(far, "target"));
        Assert.False(state.Inodes.ContainsKey(target.Inode));
        Assert.Equal(2u, state.Inodes[linked.Inode].Attributes.LinkCount);
        Assert.NotNull(state.Find(client.Root, NameBornOn(layout, client.Root, participant, "new")));
        Assert.Null(state.Find(client.Root, NameBornOn(layout, client.Root, participant, "gone")));
    }

    /// <summary>The participant of an unlink is not asked before the decision.</summary>
    private static string OfFollowUp(string failpoint) => failpoint switch
    {
        Failpoints.AfterPrepare or Failpoints.BeforeApply => Failpoints.BeforeFollow,
        Failpoints.AfterApply => Failpoints.AfterFollow,
        _ => failpoint,
    };

    /// <summary>Steps of commits that are told together: some participants know, the others do not.</summary>
    public static TheoryData<string, bool> StepsTogether => new()
    {
        { $"{Failpoints.BeforeTelling}:exit", true },
        { $"{Failpoints.BeforeForget}:exit:3", true },
        { $"{Failpoints.BeforeApply}:exit:3", false },
        { $"{Failpoints.AfterApply}:exit:3", false },
    };

    [Theory]
    [MemberData(nameof(StepsTogether))]
    public async Task A_death_between_commits_that_are_told_together_loses_none(string failpoint, bool atCoordinator)
    {
        await using var cluster = TestCluster.StartChildren();
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var coordinator = layout.OwnerOf(client.Root.Shard);
        var participant = layout.NodeIds.First(node => node != coordinator);
        var victim = atCoordinator ? coordinator : participant;
        for (var index = 0; index < 6; index++)
            await MakeAsync(client, layout, participant, $"gone{index}-");

        await cluster.StopAsync(victim);
        var doomed = cluster.StartChild(victim, failpoint);
        var removals = Enumerable.Range(0, 6).Select(index => client.RmdirAsync(client.Root, NameBornOn(layout, client.Root, participant, $"gone{index}-")));
        var creations = Enumerable.Range(0, 6).Select(index => MakeAsync(client, layout, participant, $"new{index}-"));
        var (removed, made) = (Task.WhenAll(removals.ToList()), Task.WhenAll(creations.ToList()));
        await doomed.WaitForDeathAsync(s_patience);
        await cluster.StopAsync(victim);
        cluster.StartChild(victim);

        Assert.All(await removed.WaitAsync(s_patience), status => Assert.Equal(Errno.None, status));
        foreach (var directory in await made.WaitAsync(s_patience))
            Assert.Equal(Errno.None, (await client.CreateAsync(directory, "file")).Status);
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(13, state.Inodes.Count);
    }

    /// <summary>Steps of an unlink that is decided before the inode's shard is asked: of a file with one name, and with two.</summary>
    public static TheoryData<string, bool, bool> StepsOfFollowUps => new()
    {
        { Failpoints.BeforeDecision, true, false },
        { Failpoints.AfterDecision, true, false },
        { Failpoints.BeforeFollow, false, false },
        { Failpoints.AfterFollow, false, false },
        { Failpoints.BeforeForget, true, false },
        { Failpoints.BeforeFollow, false, true },
        { Failpoints.AfterFollow, false, true },
        { Failpoints.AfterDecision, true, true },
        { Failpoints.BeforeForget, true, true },
    };

    [Theory]
    [MemberData(nameof(StepsOfFollowUps))]
    public async Task A_death_does_not_drop_a_link_twice_or_never(string failpoint, bool atCoordinator, bool hasTwoNames)
    {
        await using var cluster = TestCluster.StartChildren();
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var coordinator = layout.OwnerOf(client.Root.Shard);
        var participant = layout.NodeIds.First(node => node != coordinator);
        var victim = atCoordinator ? coordinator : participant;
        var far = await MakeAsync(client, layout, participant, "far");
        var (_, file) = await client.CreateAsync(far, "file");
        Assert.Equal(Errno.None, await client.RenameAsync(far, "file", client.Root, "moved"));
        if (hasTwoNames)
            Assert.Equal(Errno.None, (await client.LinkAsync(file.Inode, far, "other")).Status);

        await cluster.StopAsync(victim);
        var doomed = cluster.StartChild(victim, $"{failpoint}:exit");
        var answer = client.UnlinkAsync(client.Root, "moved");
        await doomed.WaitForDeathAsync(s_patience);
        await cluster.StopAsync(victim);
        cluster.StartChild(victim);

        Assert.Equal(Errno.None, await answer.WaitAsync(s_patience));
        Assert.Equal(Errno.ENOENT, (await client.LookupAsync(client.Root, "moved")).Status);
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(hasTwoNames, state.Inodes.ContainsKey(file.Inode));
    }

    /// <summary>The name is gone in the log, and nobody sees that before its file has one link less.</summary>
    [Fact]
    public async Task A_name_stays_locked_until_its_file_has_lost_the_link()
    {
        await using var cluster = TestCluster.StartChildren();
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var coordinator = layout.OwnerOf(client.Root.Shard);
        var participant = layout.NodeIds.First(node => node != coordinator);
        var far = await MakeAsync(client, layout, participant, "far");
        var (_, file) = await client.CreateAsync(far, "file");
        Assert.Equal(Errno.None, await client.RenameAsync(far, "file", client.Root, "moved"));
        Assert.Equal(Errno.None, (await client.LookupAsync(client.Root, "moved")).Status);

        await cluster.StopAsync(participant);
        await cluster.StopAsync(coordinator);
        var doomed = cluster.StartChild(coordinator, $"{Failpoints.AfterDecision}:exit");
        var unlink = client.UnlinkAsync(client.Root, "moved");
        await doomed.WaitForDeathAsync(s_patience);
        await cluster.StopAsync(coordinator);
        cluster.StartChild(coordinator);
        var lookup = client.LookupAsync(client.Root, "moved");
        Assert.Equal(Errno.None, await unlink.WaitAsync(s_patience));
        Assert.False(lookup.IsCompleted);
        cluster.StartChild(participant);
        Assert.Equal(Errno.ENOENT, (await lookup.WaitAsync(s_patience)).Status);

        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.False(state.Inodes.ContainsKey(file.Inode));
    }

    /// <summary>
    /// The rename is decided, and the node of its target has not been told: it must not list the directory as it was, or who renamed would not find the new name.
    /// </summary>
    [Fact]
    public async Task A_listing_waits_for_the_names_of_decided_transactions()
    {
        await using var cluster = TestCluster.StartChildren();
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var coordinator = layout.OwnerOf(client.Root.Shard);
        var participant = layout.NodeIds.First(node => node != coordinator);
        var far = await MakeAsync(client, layout, participant, "far");
        await client.CreateAsync(client.Root, "file");

        await cluster.StopAsync(coordinator);
        var doomed = cluster.StartChild(coordinator, $"{Failpoints.AfterDecision}:exit");
        var rename = client.RenameAsync(client.Root, "file", far, "moved");
        await doomed.WaitForDeathAsync(s_patience);
        await cluster.StopAsync(coordinator);
        var listing = client.ListAsync(far);
        cluster.StartChild(coordinator);
        Assert.Equal(Errno.None, await rename.WaitAsync(s_patience));
        Assert.Equal(["moved"], await listing.WaitAsync(s_patience));
    }

    /// <summary>The decision is still in the log when another transaction has the name.</summary>
    [Fact]
    public async Task A_name_that_was_unlinked_may_be_locked_by_others_when_the_node_dies()
    {
        await using var cluster = TestCluster.StartChildren();
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var coordinator = layout.OwnerOf(client.Root.Shard);
        var far = await MakeAsync(client, layout, layout.NodeIds.First(node => node != coordinator), "far");
        await client.CreateAsync(far, "file");
        await client.CreateAsync(far, "second");
        Assert.Equal(Errno.None, await client.RenameAsync(far, "file", client.Root, "moved"));
        Assert.Equal(Errno.None, await client.UnlinkAsync(client.Root, "moved"));

        await cluster.StopAsync(coordinator);
        var doomed = cluster.StartChild(coordinator, $"{Failpoints.AfterPrepare}:exit");
        var rename = client.RenameAsync(far, "second", client.Root, "moved");
        await doomed.WaitForDeathAsync(s_patience);
        await cluster.StopAsync(coordinator);
        cluster.StartChild(coordinator);

        Assert.Equal(Errno.None, await rename.WaitAsync(s_patience));
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.NotNull(state.Find(client.Root, "moved"));
    }

    [Fact]
    public async Task A_new_directory_is_used_while_nobody_can_say_that_it_was_committed()
    {
        await using var cluster = TestCluster.StartChildren();
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var coordinator = layout.OwnerOf(client.Root.Shard);
        var participant = layout.NodeIds.First(node => node != coordinator);

        await cluster.StopAsync(coordinator);
        var doomed = cluster.StartChild(coordinator, $"{Failpoints.BeforeTelling}:exit");
        var made = await MakeAsync(client, layout, participant, "new");
        await doomed.WaitForDeathAsync(s_patience);
        Assert.Equal(Errno.None, (await client.CreateAsync(made, "file").WaitAsync(s_patience)).Status);
        await cluster.StopAsync(coordinator);
        cluster.StartChild(coordinator);

        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.NotNull(state.Find(made, "file"));
    }

    /// <summary>
    /// The coordinator has decided and not said so, and its machine may still lose the decision: nothing in the new directory is synced before it is back, and no file comes into the directory that
    /// would be lost with it.
    /// </summary>
    [Fact]
    public async Task Nothing_relies_on_a_directory_whose_name_may_be_lost()
    {
        await using var cluster = TestCluster.StartChildren();
        await using var client = cluster.Client();
        var layout = cluster.Layout;
        var coordinator = layout.OwnerOf(client.Root.Shard);
        var participant = layout.NodeIds.First(node => node != coordinator);
        var old = await MakeAsync(client, layout, participant, "old");
        var (_, precious) = await client.CreateAsync(old, "precious");
        Assert.Equal(Errno.None, await client.FsyncAsync(old));

        await cluster.StopAsync(coordinator);
        var doomed = cluster.StartChild(coordinator, $"{Failpoints.BeforeTelling}:exit");
        var name = Enumerable.Range(0, 1000).Select(number => NameBornOn(layout, client.Root, participant, $"new{number}-")).First(name => ShardOf(layout, client.Root, name) != old.Shard);
        var made = (await client.MkdirAsync(client.Root, name)).Attributes.Inode;
        await doomed.WaitForDeathAsync(s_patience);
        var (_, file) = await client.CreateAsync(made, "file").WaitAsync(s_patience);
        var syncOfDirectory = client.FsyncAsync(made);
        var syncOfFile = client.FsyncAsync(file.Inode);
        var move = client.RenameAsync(old, "precious", made, "precious");
        var link = client.LinkAsync(precious.Inode, made, "linked");
        Assert.Equal(Errno.None, await client.FsyncAsync(old).WaitAsync(s_patience));
        Assert.False(syncOfDirectory.IsCompleted || syncOfFile.IsCompleted || move.IsCompleted || link.IsCompleted);

        await cluster.StopAsync(coordinator);
        cluster.StartChild(coordinator);
        Assert.Equal(Errno.None, await syncOfDirectory.WaitAsync(s_patience));
        Assert.Equal(Errno.None, await syncOfFile.WaitAsync(s_patience));
        Assert.Equal(Errno.None, await move.WaitAsync(s_patience));
        Assert.True((await link.WaitAsync(s_patience)).Status is Errno.None);
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(precious.Inode, state.Find(made, "precious"));
        Assert.Equal(file.Inode, state.Find(made, "file"));
    }

    /// <summary>A name whose directory is born on a node.</summary>
    private static string NameBornOn(TestLayout layout, InodeId parent, NodeId node, string prefix)
    {
        for (var index = 0; ; index++)
        {
            var name = $"{prefix}{index}";
            if (layout.OwnerOf(ShardOf(layout, parent, name)) == node)
                return name;
        }
    }

    private static ShardId ShardOf(TestLayout layout, InodeId parent, string name) =>
        PlacementHash.Directory(parent, System.Text.Encoding.UTF8.GetBytes(name), layout.Shards);

    private static async Task<InodeId> MakeAsync(TestClient client, TestLayout layout, NodeId node, string prefix)
    {
        var (status, made) = await client.MkdirAsync(client.Root, NameBornOn(layout, client.Root, node, prefix));
        Assert.Equal(Errno.None, status);
        return made.Inode;
    }
}
