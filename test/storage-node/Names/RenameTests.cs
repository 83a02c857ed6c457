using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Names;

public sealed class RenameTests : IAsyncLifetime
{
    private const uint NoReplace = 1;
    private const uint Exchange = 2;

    private NodeHarness _node = null!;
    private NodeClient _client = null!;

    private InodeId Root => _node.Root;

    public async ValueTask InitializeAsync()
    {
        _node = await NodeHarness.StartAsync();
        _client = await _node.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Within_a_directory_the_name_changes_and_the_inode_stays()
    {
        var file = await CreateAsync(Root, "a");
        var before = (await _client.GetAttrAsync(Root)).As<AttributesReply>().Attributes;
        var reply = (await _client.RenameAsync(Root, "a", Root, "b")).As<RemoveReply>();
        Assert.True(reply.Removed.IsNone);
        Assert.False(reply.HasTarget);
        Assert.Equal(before.SizeBytes, reply.Directory.SizeBytes);
        Assert.True(reply.Directory.ModifyTimeNs >= before.ModifyTimeNs);
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "a")).Status);
        Assert.Equal(file, await InodeOfAsync(Root, "b"));
        Assert.Equal(Errno.ENOENT, (await _client.RenameAsync(Root, "a", Root, "c")).Status);
    }

    [Fact]
    public async Task What_is_replaced_goes()
    {
        var moved = await CreateAsync(Root, "a");
        var replaced = await CreateAsync(Root, "b");
        Assert.Equal(Errno.EEXIST, (await _client.RenameAsync(Root, "a", Root, "b", NoReplace)).Status);
        Assert.Equal(replaced, (await _client.RenameAsync(Root, "a", Root, "b")).As<RemoveReply>().Removed);
        Assert.Equal(moved, await InodeOfAsync(Root, "b"));
        Assert.Equal(Errno.ENOENT, (await _client.GetAttrAsync(replaced)).Status);
        Assert.Single(await Listing.NamesAsync(_client, Root));
    }

    [Fact]
    public async Task Two_names_of_one_inode_stay_as_they_are()
    {
        var file = await CreateAsync(Root, "a");
        await _client.LinkAsync(file, Root, "b");
        Assert.Equal(Errno.None, (await _client.RenameAsync(Root, "a", Root, "b")).Status);
        Assert.Equal(2, (await Listing.NamesAsync(_client, Root)).Count);
        Assert.Equal(2u, (await _client.GetAttrAsync(file)).As<AttributesReply>().Attributes.LinkCount);
    }

    [Fact]
    public async Task An_exchange_swaps_and_needs_both()
    {
        var first = await CreateAsync(Root, "a");
        Assert.Equal(Errno.ENOENT, (await _client.RenameAsync(Root, "a", Root, "b", Exchange)).Status);
        var second = await CreateAsync(Root, "b");
        Assert.Equal(Errno.None, (await _client.RenameAsync(Root, "a", Root, "b", Exchange)).Status);
        Assert.Equal(second, await InodeOfAsync(Root, "a"));
        Assert.Equal(first, await InodeOfAsync(Root, "b"));
        Assert.Equal(Errno.EINVAL, (await _client.RenameAsync(Root, "a", Root, "b", NoReplace | Exchange)).Status);
    }

    [Fact]
    public async Task Files_and_directories_do_not_replace_each_other()
    {
        await CreateAsync(Root, "file");
        await _client.MkdirAsync(Root, "directory");
        Assert.Equal(Errno.EISDIR, (await _client.RenameAsync(Root, "file", Root, "directory")).Status);
        Assert.Equal(Errno.ENOTDIR, (await _client.RenameAsync(Root, "directory", Root, "file")).Status);
        Assert.Equal(Errno.None, (await _client.RenameAsync(Root, "directory", Root, "other")).Status);
    }

    [Fact]
    public async Task Between_directories_of_one_shard_both_are_told()
    {
        var (first, second) = await _client.DirectoriesOfOneShardAsync();
        var file = await CreateAsync(first, "a");
        var reply = (await _client.RenameAsync(first, "a", second, "b")).As<RemoveReply>();
        Assert.True(reply.HasTarget);
        Assert.Equal(first, reply.Directory.Inode);
        Assert.Equal(second, reply.Target.Inode);
        Assert.Empty(await Listing.NamesAsync(_client, first));
        Assert.Equal(file, await InodeOfAsync(second, "b"));

        var replaced = await CreateAsync(first, "c");
        Assert.Equal(replaced, (await _client.RenameAsync(second, "b", first, "c")).As<RemoveReply>().Removed);
        Assert.Empty(await Listing.NamesAsync(_client, second));
        Assert.Equal(file, await InodeOfAsync(first, "c"));
    }

    [Fact]
    public async Task A_directory_moves_to_another_parent_by_a_transaction()
    {
        var (first, second) = await _client.DirectoriesOfOneShardAsync();
        await _client.MkdirAsync(first, "below");
        Assert.Equal(Errno.None, (await _client.RenameAsync(first, "below", second, "here")).Status);
        Assert.Equal(2u, (await _client.GetAttrAsync(first)).As<AttributesReply>().Attributes.LinkCount);
        Assert.Equal(3u, (await _client.GetAttrAsync(second)).As<AttributesReply>().Attributes.LinkCount);
    }

    private async Task<InodeId> CreateAsync(InodeId directory, string name) =>
        (await _client.CreateAsync(directory, name)).As<EntryReply>().Attributes.Inode;

    private async Task<InodeId> InodeOfAsync(InodeId directory, string name) =>
        (await _client.LookupAsync(directory, name)).As<EntryReply>().Attributes.Inode;
}
