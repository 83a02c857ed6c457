using System.Text;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Names;

public sealed class NameOperationTests : IAsyncLifetime
{
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
    public async Task The_root_is_there_before_anything_was_made()
    {
        var root = (await _client.GetAttrAsync(Root)).As<AttributesReply>().Attributes;
        Assert.Equal(0x41EDu, root.Mode);
        Assert.Equal(2u, root.LinkCount);
        Assert.Equal((0u, 0u), (root.Uid, root.Gid));
        Assert.Equal(_node.Volume.CreatedUnixMs * 1_000_000, root.BirthTimeNs);
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "nothing")).Status);
    }

    [Fact]
    public async Task Nobody_else_has_a_root()
    {
        var other = InodeId.Root(Root.Shard, new VolumeId(_node.Volume.Id + 1));
        Assert.Equal(Errno.ENOENT, (await _client.GetAttrAsync(other)).Status);
    }

    [Fact]
    public async Task A_file_is_made_found_and_removed()
    {
        var before = (await _client.GetAttrAsync(Root)).As<AttributesReply>().Attributes;
        var made = (await _client.CreateAsync(Root, "file")).As<EntryReply>();
        Assert.True(made.Complete);
        Assert.False(made.Existed);
        Assert.True(made.HasDirectory);
        Assert.Equal((1u, 1000u, 100u, 0x81A4u), (made.Attributes.LinkCount, made.Attributes.Uid, made.Attributes.Gid, made.Attributes.Mode));
        Assert.True(made.Directory.ModifyTimeNs > before.ModifyTimeNs);
        Assert.True(made.Directory.Version > before.Version);
        Assert.Equal(Root.Shard, made.Attributes.Inode.Shard);

        var found = (await _client.LookupAsync(Root, "file")).As<EntryReply>();
        Assert.Equal(made.Attributes, found.Attributes);
        Assert.Equal(made.Attributes, (await _client.GetAttrAsync(made.Attributes.Inode)).As<AttributesReply>().Attributes);
        Assert.Equal(made.Directory, (await _client.GetAttrAsync(Root)).As<AttributesReply>().Attributes);

        var removed = (await _client.UnlinkAsync(Root, "file")).As<RemoveReply>();
        Assert.Equal(made.Attributes.Inode, removed.Removed);
        Assert.True(removed.HasDirectory);
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "file")).Status);
        Assert.Equal(Errno.ENOENT, (await _client.GetAttrAsync(made.Attributes.Inode)).Status);
        Assert.Equal(Errno.ENOENT, (await _client.UnlinkAsync(Root, "file")).Status);
    }

    [Fact]
    public async Task Exclusive_creation_refuses_what_exists_and_the_other_answers_with_it()
    {
        var made = (await _client.CreateAsync(Root, "file")).As<EntryReply>();
        Assert.Equal(Errno.EEXIST, (await _client.CreateAsync(Root, "file")).Status);
        var again = (await _client.CreateAsync(Root, "file", flags: CreateFlags.None)).As<EntryReply>();
        Assert.True(again.Existed);
        Assert.Equal(made.Attributes, again.Attributes);

        await _client.MkdirAsync(Root, "directory");
        Assert.Equal(Errno.EISDIR, (await _client.CreateAsync(Root, "directory", flags: CreateFlags.None)).Status);
        Assert.Equal(Errno.EEXIST, (await _client.CreateAsync(Root, "directory")).Status);
    }

    [Theory]
    [InlineData(0x1000u, 0u)]
    [InlineData(0xC000u, 0u)]
    [InlineData(0x2000u, 0x0501u)]
    [InlineData(0x6000u, 0x0801u)]
    public async Task Special_files_keep_their_kind_and_devices_their_number(uint type, uint device)
    {
        var made = (await _client.CreateAsync(Root, "special", type | 0x180, device: device)).As<EntryReply>();
        Assert.Equal(type | 0x180, made.Attributes.Mode);
        Assert.Equal(device, made.Attributes.DeviceNumber);
    }

    [Theory]
    [InlineData(0x4000u)]
    [InlineData(0x0000u)]
    [InlineData(0x3000u)]
    public async Task Other_kinds_are_refused(uint type) =>
        Assert.Equal(Errno.EINVAL, (await _client.CreateAsync(Root, "special", type | 0x180)).Status);

    [Fact]
    public async Task A_symbolic_link_gives_its_target_back()
    {
        var target = Encoding.UTF8.GetBytes("../somewhere/else");
        var made = (await _client.CreateAsync(Root, "link", 0xA1FF, payload: target)).As<EntryReply>();
        Assert.Equal((ulong)target.Length, made.Attributes.SizeBytes);
        var read = await _client.AskAsync(Opcode.ReadLink, Root.Shard, new InodeRequest(made.Attributes.Inode));
        Assert.Equal(target, read.Payload);
        var file = (await _client.CreateAsync(Root, "file")).As<EntryReply>().Attributes.Inode;
        Assert.Equal(Errno.EINVAL, (await _client.AskAsync(Opcode.ReadLink, Root.Shard, new InodeRequest(file))).Status);
        Assert.Equal(Errno.ENAMETOOLONG, (await _client.CreateAsync(Root, "long", 0xA1FF, payload: new byte[4096])).Status);
        Assert.Equal(Errno.ENOENT, (await _client.CreateAsync(Root, "empty", 0xA1FF)).Status);
        Assert.Equal(Errno.None, (await _client.UnlinkAsync(Root, "link")).Status);
    }

    [Fact]
    public async Task Names_are_bytes()
    {
        byte[][] names = [[0xFF, 0xFE], "$\n'"u8.ToArray(), [.. Enumerable.Repeat((byte)'n', 255)]];
        foreach (var name in names)
            Assert.Equal(Errno.None, (await _client.ChangeAsync(Opcode.Create, Root.Shard, NodeClient.CreateMessage(Root, name))).Status);
        var listed = new List<byte[]>();
        Listing.Read(await _client.ReadDirAsync(Root), (in DirectoryEntry entry) => listed.Add(entry.Name.ToArray()));
        Assert.Equivalent(names, listed, strict: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public async Task What_is_no_name_is_malformed(string name) => Assert.Equal(Errno.Malformed, (await _client.CreateAsync(Root, name)).Status);

    [Fact]
    public async Task A_name_of_256_bytes_is_malformed() =>
        Assert.Equal(Errno.Malformed, (await _client.CreateAsync(Root, new string('n', 256))).Status);

    [Fact]
    public async Task A_file_is_no_directory()
    {
        var file = (await _client.CreateAsync(Root, "file")).As<EntryReply>().Attributes.Inode;
        Assert.Equal(Errno.ENOTDIR, (await _client.CreateAsync(file, "below")).Status);
        Assert.Equal(Errno.ENOTDIR, (await _client.LookupAsync(file, "below")).Status);
        Assert.Equal(Errno.ENOTDIR, (await _client.ReadDirAsync(file)).Status);
        Assert.Equal(Errno.ENOENT, (await _client.CreateAsync(InodeId.Create(Root.Shard, 1UL << 40), "below")).Status);
    }

    [Fact]
    public async Task A_directory_is_not_unlinked()
    {
        var made = (await _client.MkdirAsync(Root, "directory")).As<EntryReply>();
        Assert.Equal(3u, (await _client.GetAttrAsync(Root)).As<AttributesReply>().Attributes.LinkCount);
        Assert.True(made.Attributes.IsDirectory);
        Assert.Equal(Errno.EISDIR, (await _client.UnlinkAsync(Root, "directory")).Status);
    }

    [Fact]
    public async Task A_partition_that_does_not_exist_is_told_apart()
    {
        var message = new LookupRequest { Directory = Root, Partition = new PartitionIndex(1), Name = "x"u8 };
        var answer = await _client.AskAsync(Opcode.Lookup, Root.Shard, in message);
        Assert.Equal(Errno.WrongPartition, answer.Status);
        Assert.Equal(0, answer.Decode<PartitionHint>().Depth);
    }

    [Fact]
    public async Task Links_are_counted_and_the_last_one_takes_the_file_along()
    {
        var file = (await _client.CreateAsync(Root, "a")).As<EntryReply>().Attributes.Inode;
        var linked = (await _client.LinkAsync(file, Root, "b")).As<EntryReply>();
        Assert.Equal(2u, linked.Attributes.LinkCount);
        Assert.Equal(Errno.EEXIST, (await _client.LinkAsync(file, Root, "b")).Status);
        Assert.Equal(Errno.EPERM, (await _client.LinkAsync(Root, Root, "c")).Status);
        Assert.Equal(Errno.ENOENT, (await _client.LinkAsync(InodeId.Create(Root.Shard, 1UL << 40), Root, "c")).Status);

        await _client.UnlinkAsync(Root, "a");
        Assert.Equal(1u, (await _client.GetAttrAsync(file)).As<AttributesReply>().Attributes.LinkCount);
        await _client.UnlinkAsync(Root, "b");
        Assert.Equal(Errno.ENOENT, (await _client.GetAttrAsync(file)).Status);
    }

    [Fact]
    public async Task A_shard_in_another_epoch_is_refused()
    {
        var call = _client.Call(Opcode.GetAttr, Root.Shard);
        call.Epoch = new Epoch(call.Epoch.Value + 1);
        Assert.Equal(Errno.WrongEpoch, (await _client.SendAsync(call, new InodeRequest(Root))).Status);
        call = _client.Call(Opcode.GetAttr, Root.Shard);
        call.Shard = new ShardId(100);
        Assert.Equal(Errno.WrongEpoch, (await _client.SendAsync(call, new InodeRequest(Root))).Status);
    }

    [Fact]
    public async Task Usage_counts_what_is_there()
    {
        for (var number = 0; number < 10; number++)
            await _client.CreateAsync(Root, $"file-{number}");
        await _client.UnlinkAsync(Root, "file-3");
        var volume = (await _client.AskAsync(Opcode.StatVolume, default, default(EmptyMessage))).As<StatVolumeReply>();
        Assert.Equal(10u, volume.UsedInodes);
        await _node.RestartNodeAsync();
        Assert.Equal(10, _node.Host.Node.Usage(_client.Volume).Inodes);
    }
}
