using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Inodes;

public sealed class AttributeTests : IAsyncLifetime
{
    private NodeHarness _node = null!;
    private NodeClient _client = null!;
    private InodeAttributes _file;

    public async ValueTask InitializeAsync()
    {
        _node = await NodeHarness.StartAsync();
        _client = await _node.ConnectAsync();
        _file = (await _client.CreateAsync(_node.Root, "file")).As<EntryReply>().Attributes;
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Only_what_the_mask_names_changes()
    {
        var changed = await SetAsync(SetAttrMask.Mode, mode: 0x1FF);
        Assert.Equal(0x81FFu, changed.Mode);
        Assert.Equal((_file.Uid, _file.Gid, _file.ModifyTimeNs, _file.AccessTimeNs), (changed.Uid, changed.Gid, changed.ModifyTimeNs, changed.AccessTimeNs));
        Assert.True(changed.ChangeTimeNs > _file.ChangeTimeNs);
        Assert.True(changed.Version > _file.Version);

        changed = await SetAsync(SetAttrMask.Uid | SetAttrMask.Gid, uid: 7, gid: 8);
        Assert.Equal((7u, 8u, 0x81FFu), (changed.Uid, changed.Gid, changed.Mode));
        Assert.Equal(changed, (await _client.GetAttrAsync(_file.Inode)).As<AttributesReply>().Attributes);
    }

    [Fact]
    public async Task Times_are_taken_as_given_or_from_the_servers_clock()
    {
        var changed = await SetAsync(SetAttrMask.AccessTime | SetAttrMask.ModifyTime, accessTime: 1_000, modifyTime: -5);
        Assert.Equal((1_000L, -5L), (changed.AccessTimeNs, changed.ModifyTimeNs));
        changed = await SetAsync(SetAttrMask.AccessTimeNow | SetAttrMask.ModifyTimeNow);
        Assert.True(changed.AccessTimeNs > _file.AccessTimeNs && changed.ModifyTimeNs > _file.ModifyTimeNs);
        changed = await SetAsync(SetAttrMask.ChangeTime, changeTime: 77);
        Assert.Equal(77, changed.ChangeTimeNs);
    }

    [Fact]
    public async Task Set_ids_are_killed_as_the_kernel_does_it()
    {
        await SetAsync(SetAttrMask.Mode, mode: 0xDED);
        Assert.Equal(0x81EDu, (await SetAsync(SetAttrMask.KillSetIds)).Mode);
        await SetAsync(SetAttrMask.Mode, mode: 0xDA4);
        Assert.Equal(0x85A4u, (await SetAsync(SetAttrMask.KillSetIds)).Mode);
    }

    [Fact]
    public async Task A_directory_and_a_link_have_no_size_to_set()
    {
        Assert.Equal(Errno.EISDIR, (await SetRawAsync(_node.Root, SetAttrMask.Size)).Status);
        var link = (await _client.CreateAsync(_node.Root, "link", 0xA1FF, payload: "x"u8.ToArray())).As<EntryReply>().Attributes.Inode;
        Assert.Equal(Errno.EINVAL, (await SetRawAsync(link, SetAttrMask.Size)).Status);
        Assert.Equal(Errno.ENOENT, (await SetRawAsync(InodeId.Create(link.Shard, 1UL << 40), SetAttrMask.Mode)).Status);
    }

    [Fact]
    public async Task A_read_only_session_changes_nothing()
    {
        await using var reader = await _node.ConnectAsync(readOnly: true);
        Assert.Equal(Errno.EROFS, (await reader.CreateAsync(_node.Root, "x")).Status);
        Assert.Equal(Errno.EROFS, (await reader.UnlinkAsync(_node.Root, "file")).Status);
        Assert.Equal(Errno.EROFS, (await reader.MkdirAsync(_node.Root, "x")).Status);
        Assert.Equal(Errno.EROFS, (await reader.RenameAsync(_node.Root, "file", _node.Root, "x")).Status);
        Assert.Equal(Errno.EROFS, (await reader.LinkAsync(_file.Inode, _node.Root, "x")).Status);
        Assert.Equal(Errno.None, (await reader.LookupAsync(_node.Root, "file")).Status);
    }

    [Fact]
    public async Task A_volume_that_is_not_the_sessions_is_refused()
    {
        var call = _client.Call(Opcode.GetAttr, _node.Root.Shard);
        call.Volume = new VolumeId(_client.Volume.Value + 1);
        Assert.Equal(Errno.SessionRefused, (await _client.SendAsync(call, new InodeRequest(_node.Root))).Status);
        call = _client.Call(Opcode.TransactionResolve, _node.Root.Shard);
        Assert.Equal(Errno.SessionRefused, (await _client.SendAsync(call, default(EmptyMessage))).Status);
    }

    private async Task<InodeAttributes> SetAsync(
        SetAttrMask mask, uint mode = 0, uint uid = 0, uint gid = 0, long accessTime = 0, long modifyTime = 0, long changeTime = 0)
    {
        var message = new SetAttrRequest(_file.Inode, mask, mode, uid, gid, 0, accessTime, modifyTime, changeTime);
        return (await _client.ChangeAsync(Opcode.SetAttr, _file.Inode.Shard, message)).As<AttributesReply>().Attributes;
    }

    private Task<NodeAnswer> SetRawAsync(InodeId inode, SetAttrMask mask) =>
        _client.ChangeAsync(Opcode.SetAttr, inode.Shard, new SetAttrRequest(inode, mask, 0, 0, 0, 1, 0, 0, 0));
}
