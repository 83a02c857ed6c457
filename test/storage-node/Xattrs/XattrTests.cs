using System.Text;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Xattrs;

public sealed class XattrTests : IAsyncLifetime
{
    private NodeHarness _node = null!;
    private NodeClient _client = null!;
    private InodeId _file;

    public async ValueTask InitializeAsync()
    {
        _node = await NodeHarness.StartAsync();
        _client = await _node.ConnectAsync();
        _file = (await _client.CreateAsync(_node.Root, "file")).As<EntryReply>().Attributes.Inode;
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Theory]
    [InlineData("user.a")]
    [InlineData("trusted.a")]
    [InlineData("security.selinux")]
    public async Task A_value_is_kept_replaced_and_removed(string name)
    {
        Assert.Equal(Errno.ENODATA, (await GetAsync(name)).Status);
        Assert.Equal(Errno.None, (await SetAsync(name, [1, 2, 3])).Status);
        Assert.Equal([1, 2, 3], (await GetAsync(name)).Payload);
        Assert.Equal(Errno.None, (await SetAsync(name, [])).Status);
        Assert.Equal(Errno.None, (await GetAsync(name)).Status);
        Assert.Empty((await GetAsync(name)).Payload);
        Assert.Equal(Errno.None, (await RemoveAsync(name)).Status);
        Assert.Equal(Errno.ENODATA, (await GetAsync(name)).Status);
        Assert.Equal(Errno.ENODATA, (await RemoveAsync(name)).Status);
    }

    [Fact]
    public async Task Flags_ask_for_creation_or_replacement()
    {
        Assert.Equal(Errno.ENODATA, (await SetAsync("user.a", [1], flags: 2)).Status);
        Assert.Equal(Errno.None, (await SetAsync("user.a", [1], flags: 1)).Status);
        Assert.Equal(Errno.EEXIST, (await SetAsync("user.a", [2], flags: 1)).Status);
        Assert.Equal(Errno.None, (await SetAsync("user.a", [2], flags: 2)).Status);
        Assert.Equal(Errno.EINVAL, (await SetAsync("user.a", [2], flags: 3)).Status);
    }

    [Theory]
    [InlineData("system.posix_acl_access")]
    [InlineData("system.posix_acl_default")]
    [InlineData("nowhere.a")]
    public async Task Other_namespaces_are_not_supported(string name)
    {
        Assert.Equal(Errno.EOPNOTSUPP, (await SetAsync(name, [1])).Status);
        Assert.Equal(Errno.EOPNOTSUPP, (await GetAsync(name)).Status);
    }

    [Fact]
    public async Task Names_are_listed_in_the_form_of_listxattr()
    {
        Assert.Empty((await ListAsync()).Payload);
        await SetAsync("user.b", [1]);
        await SetAsync("user.a", [1]);
        Assert.Equal("user.a\0user.b\0", Encoding.UTF8.GetString((await ListAsync()).Payload));
    }

    [Fact]
    public async Task There_are_limits()
    {
        Assert.Equal(Errno.None, (await SetAsync("user.a", new byte[65_536])).Status);
        Assert.Equal(65_536, (await GetAsync("user.a")).Payload.Length);
        Assert.Equal(Errno.E2BIG, (await SetAsync("user.a", new byte[65_537])).Status);
        Assert.Equal(Errno.Malformed, (await SetAsync("user." + new string('n', 251), [])).Status);
        for (var number = 0; number < 3; number++)
            await SetAsync($"user.{number}", new byte[65_000]);
        Assert.Equal(Errno.ENOSPC, (await SetAsync("user.b", new byte[10_000])).Status);
    }

    [Fact]
    public async Task They_go_with_the_file()
    {
        await SetAsync("user.a", [1]);
        var key = new byte[64];
        Assert.True(Scan(key));
        await _client.UnlinkAsync(_node.Root, "file");
        Assert.False(Scan(key));
    }

    private bool Scan(byte[] key)
    {
        var from = StorageNode.Shards.MetadataKey.Xattr(key, _file.Shard, _client.Volume, _file, default).ToArray();
        var end = StorageNode.Shards.MetadataKey.Numbered(key, _file.Shard, _client.Volume, (byte)'X', _file.Value + 1);
        using var rows = _node.Host.Node.Engine.Scan(StorageNode.Engine.Table.Metadata, from, end);
        return rows.MoveNext();
    }

    private Task<NodeAnswer> GetAsync(string name) => _client.AskAsync(Opcode.GetXattr, _file.Shard, Message(name, 0));

    private Task<NodeAnswer> SetAsync(string name, byte[] value, uint flags = 0) =>
        _client.ChangeAsync(Opcode.SetXattr, _file.Shard, Message(name, flags), value);

    private Task<NodeAnswer> RemoveAsync(string name) => _client.ChangeAsync(Opcode.RemoveXattr, _file.Shard, Message(name, 0));

    private Task<NodeAnswer> ListAsync() => _client.AskAsync(Opcode.ListXattr, _file.Shard, new InodeRequest(_file));

    private XattrRequest Message(string name, uint flags) => new() { Inode = _file, Name = Encoding.UTF8.GetBytes(name), Flags = flags };
}
