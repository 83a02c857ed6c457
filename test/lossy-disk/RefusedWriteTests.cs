using SealFs.Core;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.LossyDisk.Tests;

/// <summary>Writes that the disk refuses or takes only in part, at each of the calls that one request makes.</summary>
public sealed class RefusedWriteTests : IAsyncLifetime
{
    private NodeRig _node = null!;

    public async ValueTask InitializeAsync() => _node = await NodeRig.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    /// <summary>A file beside its inode becomes a chunk: whichever call has no room, it is the one or the other afterwards, and the next try succeeds.</summary>
    [Theory]
    [InlineData("write data/*")]
    [InlineData("create data/*")]
    [InlineData("fallocate data/*")]
    [InlineData("mkdir data/*")]
    public Task A_conversion_without_room_leaves_what_was_there(string call) => ConvertWithoutRoomAsync(call);

    [Fact]
    public Task A_conversion_without_room_in_the_log_leaves_what_was_there() => ConvertWithoutRoomAsync("write metadata/*.log");

    private async Task ConvertWithoutRoomAsync(string call)
    {
        var small = NodeRig.Pattern(1, 10_000);
        var large = NodeRig.Pattern(2, 100_000);
        for (var skip = 0; ; skip++)
        {
            var inode = await _node.CreateAsync($"file-{skip}");
            Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, small));
            await _node.Disk.CommandAsync($"fail {call} ENOSPC skip={skip} count=1");
            var status = await _node.WriteAsync(inode, (uint)small.Length, large);
            var hits = await _node.Disk.AskAsync("hits");
            await _node.Disk.CommandAsync("heal");
            Assert.True(status is Errno.None or Errno.ENOSPC or Errno.EIO, $"{call}, after {skip}: {status}");

            var (_, before) = await _node.ReadAsync(inode, 0, (uint)small.Length);
            Assert.Equal(small, before);

            // The metadata engine looks every five seconds whether there is room again.
            await Eventually.TrueAsync(async () => await _node.WriteAsync(inode, (uint)small.Length, large) == Errno.None);
            var (read, after) = await _node.ReadAsync(inode, 0, (uint)(small.Length + large.Length));
            Assert.Equal(Errno.None, read);
            Assert.Equal([.. small, .. large], after);
            Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
            if (hits == 0)
                break;
        }

        Assert.Empty((await _node.CheckAsync()).Findings);
    }

    [Fact]
    public async Task Writes_of_which_the_disk_takes_half_are_whole()
    {
        await _node.Disk.CommandAsync("fail write data/* short count=20");
        var inode = await _node.CreateAsync("file");
        var bytes = NodeRig.Pattern(3, 1 << 20);
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, bytes));
        Assert.True(await _node.Disk.AskAsync("hits") > 0, "No write was short.");
        var (status, read) = await _node.ReadAsync(inode, 0, (uint)bytes.Length);
        Assert.Equal(Errno.None, status);
        Assert.Equal(bytes, read);
    }

    [Fact]
    public async Task A_full_disk_refuses_and_goes_on_with_room()
    {
        var inode = await _node.CreateAsync("file");
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, NodeRig.Pattern(1, NodeRig.BlockBytes)));
        await _node.Disk.CommandAsync("fail write data/* ENOSPC");
        Assert.Equal(Errno.ENOSPC, await _node.WriteAsync(inode, NodeRig.BlockBytes, NodeRig.Pattern(2, NodeRig.BlockBytes)));
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
        await _node.Disk.CommandAsync("heal");
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, NodeRig.BlockBytes, NodeRig.Pattern(2, NodeRig.BlockBytes)));
        var (status, bytes) = await _node.ReadAsync(inode, 0, 2 * NodeRig.BlockBytes);
        Assert.Equal(Errno.None, status);
        Assert.Equal([.. NodeRig.Pattern(1, NodeRig.BlockBytes), .. NodeRig.Pattern(2, NodeRig.BlockBytes)], bytes);
    }

    [Fact]
    public async Task A_read_that_fails_once_is_told_once()
    {
        var inode = await _node.CreateAsync("file");
        var bytes = NodeRig.Pattern(1, NodeRig.BlockBytes);
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, bytes));
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
        await _node.Disk.CommandAsync("fail read data/* EIO count=1");
        var answers = new List<Errno>();
        while (await _node.Disk.AskAsync("hits") == 0)
            answers.Add((await _node.ReadAsync(inode, 0, NodeRig.BlockBytes)).Status);
        Assert.All(answers, static answer => Assert.True(answer is Errno.None or Errno.EIO));
        var (status, read) = await _node.ReadAsync(inode, 0, NodeRig.BlockBytes);
        Assert.Equal(Errno.None, status);
        Assert.Equal(bytes, read);
    }

    [Fact]
    public async Task A_write_that_fails_is_not_acknowledged()
    {
        var inode = await _node.CreateAsync("file");
        var old = NodeRig.Pattern(1, NodeRig.BlockBytes);
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, old));
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
        await _node.Disk.CommandAsync("fail write data/* EIO count=1");
        var next = NodeRig.Pattern(2, NodeRig.BlockBytes);
        Assert.Equal(Errno.EIO, await _node.WriteAsync(inode, 0, next));
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, next));
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
        await _node.LosePowerAsync("all");
        Assert.Equal(next, (await _node.ReadAsync(inode, 0, NodeRig.BlockBytes)).Bytes);
    }
}
