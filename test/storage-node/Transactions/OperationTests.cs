using SealFs.Core;
using SealFs.Core.Messages;
using Xunit;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>Every operation across shards and its errors, against three nodes over sockets.</summary>
public sealed class OperationTests
{
    private const uint NoReplace = 1;
    private const uint Exchange = 2;

    [Fact]
    public async Task Directories_are_made_all_over_the_cluster()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var shards = new HashSet<ShardId>();
        for (var index = 0; index < 50; index++)
        {
            var (status, made) = await client.MkdirAsync(client.Root, $"d{index}", 0x1C0);
            Assert.Equal(Errno.None, status);
            Assert.Equal(InodeAttributes.TypeDirectory | 0x1C0u, made.Mode);
            Assert.Equal(2u, made.LinkCount);
            shards.Add(made.Inode.Shard);
            Assert.Equal(made, (await client.GetAttrAsync(made.Inode)).Attributes);
            Assert.Equal(made.Inode, (await client.LookupAsync(client.Root, $"d{index}")).Attributes.Inode);
            Assert.Equal(Errno.None, (await client.CreateAsync(made.Inode, "file")).Status);
        }

        Assert.True(shards.Count > 10);
        Assert.Equal(52u, (await client.GetAttrAsync(client.Root)).Attributes.LinkCount);
        Assert.Equal(Errno.EEXIST, (await client.MkdirAsync(client.Root, "d7")).Status);
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(101, state.Inodes.Count);
    }

    [Fact]
    public async Task Copies_of_a_request_get_the_answer_of_the_first()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        for (var round = 0; round < 50; round++)
        {
            var answers = await client.MkdirCopiesAsync(client.Root, $"d{round}", 5);
            Assert.All(answers, answer => Assert.Equal(Errno.None, answer.Status));
            Assert.Single(answers.Select(answer => answer.Inode).Distinct());
        }

        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task Only_empty_directories_are_removed()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var (_, full) = await client.MkdirAsync(client.Root, "full");
        await client.CreateAsync(full.Inode, "file");
        Assert.Equal(Errno.ENOTEMPTY, await client.RmdirAsync(client.Root, "full"));
        Assert.Equal(Errno.ENOTDIR, await client.RmdirAsync(full.Inode, "file"));
        Assert.Equal(Errno.EISDIR, await client.UnlinkAsync(client.Root, "full"));
        Assert.Equal(Errno.ENOENT, await client.RmdirAsync(client.Root, "none"));
        Assert.Equal(Errno.None, await client.UnlinkAsync(full.Inode, "file"));
        Assert.Equal(Errno.None, await client.RmdirAsync(client.Root, "full"));
        Assert.Equal(Errno.ENOENT, (await client.GetAttrAsync(full.Inode)).Status);
        Assert.Equal(Errno.ENOENT, (await client.CreateAsync(full.Inode, "late")).Status);
        Assert.Equal(Errno.ENOENT, (await client.MkdirAsync(full.Inode, "late")).Status);
        Assert.Equal(2u, (await client.GetAttrAsync(client.Root)).Attributes.LinkCount);
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Single(state.Inodes);
    }

    [Fact]
    public async Task Files_have_links_in_directories_of_other_shards()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var directories = await DirectoriesAsync(client, 6);
        var (_, file) = await client.CreateAsync(directories[0], "file");
        for (var index = 1; index < 6; index++)
        {
            var (status, linked) = await client.LinkAsync(file.Inode, directories[index], "link");
            Assert.Equal(Errno.None, status);
            Assert.Equal((uint)(1 + index), linked.LinkCount);
            Assert.Equal(file.Inode, linked.Inode);
        }

        Assert.Equal(Errno.EEXIST, (await client.LinkAsync(file.Inode, directories[3], "link")).Status);
        Assert.Equal(Errno.EPERM, (await client.LinkAsync(directories[1], directories[2], "of a directory")).Status);
        Assert.Equal(6u, (await client.GetAttrAsync(file.Inode)).Attributes.LinkCount);
        Assert.Equal(Errno.None, await client.UnlinkAsync(directories[0], "file"));
        for (var index = 1; index < 5; index++)
            Assert.Equal(Errno.None, await client.UnlinkAsync(directories[index], "link"));
        Assert.Equal(1u, (await client.GetAttrAsync(file.Inode)).Attributes.LinkCount);
        Assert.Equal(Errno.None, await client.UnlinkAsync(directories[5], "link"));
        Assert.Equal(Errno.ENOENT, (await client.GetAttrAsync(file.Inode)).Status);
        Assert.Equal(Errno.ENOENT, (await client.LinkAsync(file.Inode, directories[2], "again")).Status);
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task Files_move_between_directories()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var directories = await DirectoriesAsync(client, 8);
        var (_, file) = await client.CreateAsync(directories[0], "f0");
        for (var index = 1; index < 8; index++)
        {
            await client.CreateAsync(directories[index], "taken");
            Assert.Equal(Errno.EEXIST, await client.RenameAsync(directories[index - 1], $"f{index - 1}", directories[index], "taken", NoReplace));
            Assert.Equal(Errno.None, await client.RenameAsync(directories[index - 1], $"f{index - 1}", directories[index], $"f{index}"));
            Assert.Equal(Errno.ENOENT, (await client.LookupAsync(directories[index - 1], $"f{index - 1}")).Status);
            Assert.Equal(file.Inode, (await client.LookupAsync(directories[index], $"f{index}")).Attributes.Inode);
        }

        var before = (await client.GetAttrAsync(file.Inode)).Attributes;
        Assert.Equal(Errno.None, await client.RenameAsync(directories[7], "f7", directories[2], "taken"));
        Assert.Equal(file.Inode, (await client.LookupAsync(directories[2], "taken")).Attributes.Inode);
        var after = (await client.GetAttrAsync(file.Inode)).Attributes;
        Assert.True(after.ChangeTimeNs > before.ChangeTimeNs);
        Assert.Equal(1u, after.LinkCount);
        Assert.Equal(Errno.ENOENT, await client.RenameAsync(directories[7], "f7", directories[2], "x"));
        Assert.Equal(Errno.None, await client.UnlinkAsync(directories[2], "taken"));
        Assert.Equal(Errno.ENOENT, (await client.GetAttrAsync(file.Inode)).Status);
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task What_a_rename_changes_in_its_directories_is_seen_as_soon_as_it_is_answered()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var directories = new List<InodeId>();
        for (var index = 0; index < 8; index++)
            directories.Add((await client.MkdirAsync(client.Root, $"d{index}")).Attributes.Inode);
        Assert.Equal(Errno.None, (await client.MkdirAsync(directories[0], "moved")).Status);
        for (var step = 0; step < 64; step++)
        {
            var from = step % 8;
            var to = (step + 1) % 8;
            var before = (await client.GetAttrAsync(directories[to])).Attributes;
            Assert.Equal(Errno.None, await client.RenameAsync(directories[from], "moved", directories[to], "moved"));
            var after = (await client.GetAttrAsync(directories[to])).Attributes;
            Assert.Equal(3u, after.LinkCount);
            Assert.True(after.ModifyTimeNs > before.ModifyTimeNs);
            Assert.Equal(2u, (await client.GetAttrAsync(directories[from])).Attributes.LinkCount);
        }

        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task Renames_check_types_and_emptiness()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var directories = await DirectoriesAsync(client, 3);
        var (_, moved) = await client.MkdirAsync(directories[0], "dir");
        await client.CreateAsync(directories[0], "file");
        var (_, full) = await client.MkdirAsync(directories[1], "full");
        await client.CreateAsync(full.Inode, "inside");
        var (_, empty) = await client.MkdirAsync(directories[1], "empty");
        await client.CreateAsync(directories[1], "other");

        Assert.Equal(Errno.EISDIR, await client.RenameAsync(directories[0], "file", directories[1], "empty"));
        Assert.Equal(Errno.ENOTDIR, await client.RenameAsync(directories[0], "dir", directories[1], "other"));
        Assert.Equal(Errno.ENOTEMPTY, await client.RenameAsync(directories[0], "dir", directories[1], "full"));
        Assert.Equal(Errno.ENOTEMPTY, await client.RenameAsync(directories[1], "full", client.Root, "d1"));
        Assert.Equal(Errno.EINVAL, await client.RenameAsync(directories[0], "dir", directories[1], "x", 8));
        Assert.Equal(Errno.EINVAL, await client.RenameAsync(directories[0], "dir", directories[1], "x", NoReplace | Exchange));
        Assert.Equal(Errno.EEXIST, await client.RenameAsync(directories[0], "dir", directories[1], "empty", NoReplace));
        Assert.Equal(Errno.None, await client.RenameAsync(directories[0], "dir", directories[1], "empty"));
        Assert.Equal(Errno.ENOENT, (await client.GetAttrAsync(empty.Inode)).Status);
        Assert.Equal(moved.Inode, (await client.LookupAsync(directories[1], "empty")).Attributes.Inode);
        Assert.Equal(2u, (await client.GetAttrAsync(directories[0])).Attributes.LinkCount);
        Assert.Equal(4u, (await client.GetAttrAsync(directories[1])).Attributes.LinkCount);
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task A_directory_never_moves_into_itself()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var chain = new List<InodeId> { client.Root };
        for (var depth = 0; depth < 6; depth++)
            chain.Add((await client.MkdirAsync(chain[^1], "d")).Attributes.Inode);
        for (var depth = 1; depth < 7; depth++)
            Assert.Equal(Errno.EINVAL, await client.RenameAsync(client.Root, "d", chain[depth], "loop"));
        Assert.Equal(Errno.EINVAL, await client.RenameAsync(chain[2], "d", chain[5], "loop"));
        Assert.Equal(Errno.EINVAL, await client.RenameAsync(client.Root, "d", chain[4], "d", Exchange));
        Assert.Equal(Errno.EINVAL, await client.RenameAsync(chain[4], "d", client.Root, "d", Exchange));
        Assert.Equal(Errno.None, await client.RenameAsync(chain[4], "d", client.Root, "up"));
        Assert.Equal(Errno.None, await client.RenameAsync(client.Root, "d", chain[5], "below"));
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task Two_names_are_exchanged()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var directories = await DirectoriesAsync(client, 2);
        var (_, file) = await client.CreateAsync(directories[0], "file");
        var (_, directory) = await client.MkdirAsync(directories[1], "dir");
        await client.CreateAsync(directory.Inode, "inside");
        Assert.Equal(Errno.ENOENT, await client.RenameAsync(directories[0], "file", directories[1], "none", Exchange));
        Assert.Equal(Errno.ENOENT, await client.RenameAsync(directories[0], "none", directories[1], "dir", Exchange));
        Assert.Equal(Errno.None, await client.RenameAsync(directories[0], "file", directories[1], "dir", Exchange));
        Assert.Equal(directory.Inode, (await client.LookupAsync(directories[0], "file")).Attributes.Inode);
        Assert.Equal(file.Inode, (await client.LookupAsync(directories[1], "dir")).Attributes.Inode);
        Assert.Equal(3u, (await client.GetAttrAsync(directories[0])).Attributes.LinkCount);
        Assert.Equal(2u, (await client.GetAttrAsync(directories[1])).Attributes.LinkCount);
        Assert.Equal(Errno.None, await client.RenameAsync(directories[0], "file", directories[0], "file", Exchange));
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task Renaming_a_link_to_the_same_file_does_nothing()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var directories = await DirectoriesAsync(client, 3);
        var (_, file) = await client.CreateAsync(directories[0], "file");
        await client.LinkAsync(file.Inode, directories[1], "link");
        Assert.Equal(Errno.None, await client.RenameAsync(directories[0], "file", directories[1], "link"));
        Assert.Equal(file.Inode, (await client.LookupAsync(directories[0], "file")).Attributes.Inode);
        Assert.Equal(2u, (await client.GetAttrAsync(file.Inode)).Attributes.LinkCount);
        Assert.Equal(Errno.EEXIST, await client.RenameAsync(directories[0], "file", directories[1], "link", NoReplace));
        Assert.Equal(Errno.None, await client.RenameAsync(client.Root, "d1", client.Root, "d1"));
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    private static async Task<List<InodeId>> DirectoriesAsync(TestClient client, int count)
    {
        var directories = new List<InodeId>();
        for (var index = 0; index < count; index++)
            directories.Add((await client.MkdirAsync(client.Root, $"d{index}")).Attributes.Inode);
        return directories;
    }
}
