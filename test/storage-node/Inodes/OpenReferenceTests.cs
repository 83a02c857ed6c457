using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Inodes;

public sealed class OpenReferenceTests : IAsyncLifetime
{
    private NodeHarness _node = null!;
    private NodeClient _client = null!;

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
    public async Task An_open_file_outlives_its_name_until_it_is_closed()
    {
        var file = await CreateOpenAsync("file", 5);
        Assert.Equal(Errno.None, (await _client.UnlinkAsync(_node.Root, "file")).Status);
        var orphan = (await _client.GetAttrAsync(file)).As<AttributesReply>().Attributes;
        Assert.Equal(0u, orphan.LinkCount);
        Assert.True((orphan.Flags & InodeFlags.Orphan) != 0);

        // An older close, of an open before this one, does not take effect.
        await _client.ReferencesAsync(Opcode.Close, new OpenReference(file, 4));
        Assert.Equal(Errno.None, (await _client.GetAttrAsync(file)).Status);
        await _client.ReferencesAsync(Opcode.Close, new OpenReference(file, 5));
        Assert.Equal(Errno.ENOENT, (await _client.GetAttrAsync(file)).Status);
        Assert.Equal(1, _node.Host.Node.Usage(_client.Volume).Inodes);
    }

    [Fact]
    public async Task The_last_session_to_close_ends_it()
    {
        await using var other = await _node.ConnectAsync();
        var file = await CreateOpenAsync("file", 1);
        Assert.Equal(Errno.None, (await other.OpenAsync(file, 1)).Status);
        await _client.UnlinkAsync(_node.Root, "file");
        await _client.ReferencesAsync(Opcode.Close, new OpenReference(file, 1));
        Assert.Equal(Errno.None, (await other.GetAttrAsync(file)).Status);
        await other.ReferencesAsync(Opcode.Close, new OpenReference(file, 1));
        Assert.Equal(Errno.ENOENT, (await other.GetAttrAsync(file)).Status);
    }

    [Fact]
    public async Task What_is_open_can_be_listed()
    {
        var first = await CreateOpenAsync("first", 1);
        var second = await CreateOpenAsync("second", 2);
        await _client.ReferencesAsync(Opcode.Close, new OpenReference(first, 1));
        var listed = await _client.ReferencesAsync(Opcode.ListOpen);
        var reader = new WireReader(listed.Payload);
        Assert.Equal(new OpenReference(second, 2), OpenReference.Read(ref reader));
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public async Task Orphans_survive_a_restart_until_their_session_says_what_it_has_open()
    {
        var kept = await CreateOpenAsync("kept", 1);
        var closed = await CreateOpenAsync("closed", 2);
        await _client.UnlinkAsync(_node.Root, "kept");
        await _client.UnlinkAsync(_node.Root, "closed");
        await _node.RestartNodeAsync();
        Assert.Equal(Errno.None, (await _client.GetAttrAsync(kept)).Status);
        Assert.Equal(Errno.None, (await _client.GetAttrAsync(closed)).Status);

        await _client.ReferencesAsync(Opcode.ReassertOpen, new OpenReference(kept, 1));
        Assert.Equal(Errno.None, (await _client.GetAttrAsync(kept)).Status);
        Assert.Equal(Errno.ENOENT, (await _client.GetAttrAsync(closed)).Status);
        await _client.ReferencesAsync(Opcode.Close, new OpenReference(kept, 1));
        Assert.Equal(Errno.ENOENT, (await _client.GetAttrAsync(kept)).Status);
    }

    [Fact]
    public async Task A_session_that_ends_takes_its_orphans_and_its_rights_along()
    {
        await using var other = await _node.ConnectAsync();
        var file = await CreateOpenAsync("file", 1);
        await _client.UnlinkAsync(_node.Root, "file");
        await _node.Control.CloseSessionAsync(_client.Session, _client.Key);
        await Eventually.TrueAsync(async () => (await other.GetAttrAsync(file)).Status == Errno.ENOENT);
        Assert.Equal(Errno.SessionRefused, (await _client.LookupAsync(_node.Root, "x")).Status);
    }

    [Fact]
    public async Task Orphans_of_a_session_that_ended_while_the_node_was_away_go_when_it_is_back()
    {
        var file = await CreateOpenAsync("file", 1);
        await _client.UnlinkAsync(_node.Root, "file");
        await _node.Host.DisposeAsync();
        await _node.Control.CloseSessionAsync(_client.Session, _client.Key);
        await _node.StartNodeAsync();
        await using var other = await _node.ConnectAsync();
        await Eventually.TrueAsync(async () => (await other.GetAttrAsync(file)).Status == Errno.ENOENT);
    }

    [Fact]
    public async Task References_that_are_no_references_are_malformed() =>
        Assert.Equal(Errno.Malformed, (await _client.AskAsync(Opcode.Close, default, default(EmptyMessage), new byte[15])).Status);

    private async Task<InodeId> CreateOpenAsync(string name, ulong stamp) =>
        (await _client.CreateAsync(_node.Root, name, flags: CreateFlags.Open, stamp: stamp)).As<EntryReply>().Attributes.Inode;
}
