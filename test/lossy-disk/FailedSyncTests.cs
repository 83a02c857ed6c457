using SealFs.Core;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.LossyDisk.Tests;

/// <summary>Syncs that the disk refuses: the kernel forgets such an error after telling it once, the node does not.</summary>
public sealed class FailedSyncTests : IAsyncLifetime
{
    private NodeRig _node = null!;

    public async ValueTask InitializeAsync() => _node = await NodeRig.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_failed_sync_of_data_is_told_until_the_range_was_written_again()
    {
        var inode = await _node.CreateAsync("file");
        var old = NodeRig.Pattern(1, NodeRig.BlockBytes);
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, old));
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
        var next = NodeRig.Pattern(2, NodeRig.BlockBytes);
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, next));

        await FailNextSyncOfDataAsync();
        Assert.Equal(Errno.EIO, await _node.FsyncAsync(inode));
        await _node.Disk.CommandAsync("heal");
        Assert.Equal(Errno.EIO, await _node.FsyncAsync(inode));

        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, next));
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
        await _node.LosePowerAsync("all");
        var (status, bytes) = await _node.ReadAsync(inode, 0, NodeRig.BlockBytes);
        Assert.Equal(Errno.None, status);
        Assert.Equal(next, bytes);
    }

    [Fact]
    public async Task A_sync_of_the_sealer_that_failed_is_told_to_the_first_fsync()
    {
        var inode = await _node.CreateAsync("file");
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, NodeRig.Pattern(1, NodeRig.BlockBytes)));

        // The sealer comes a few seconds after the last write.
        await FailNextSyncOfDataAsync();
        await Eventually.TrueAsync(async () => await _node.Disk.AskAsync("hits") > 0);

        Assert.Equal(Errno.EIO, await _node.FsyncAsync(inode));
    }

    [Fact]
    public async Task A_file_that_is_gone_takes_its_failed_sync_along()
    {
        var inode = await _node.CreateAsync("file");
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, NodeRig.Pattern(1, NodeRig.BlockBytes)));
        await FailNextSyncOfDataAsync();
        Assert.Equal(Errno.EIO, await _node.FsyncAsync(inode));
        Assert.Equal(Errno.None, (await _node.Client.UnlinkAsync(_node.Root, "file")).Status);

        var other = await _node.CreateAsync("other");
        Assert.Equal(Errno.None, await _node.WriteAsync(other, 0, NodeRig.Pattern(2, NodeRig.BlockBytes)));
        Assert.Equal(Errno.None, await _node.FsyncAsync(other));
    }

    [Fact]
    public async Task A_node_whose_log_cannot_be_synced_serves_no_more()
    {
        var inode = await _node.CreateAsync("before");
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
        await _node.Disk.CommandAsync("fail fsync metadata/*.log EIO count=1");
        await _node.Client.CreateAsync(_node.Root, "after");
        await Eventually.TrueAsync(async () => await _node.Disk.AskAsync("hits") > 0);

        // From then on nothing is acknowledged: refused, or not answered at all.
        await Eventually.TrueAsync(async () => (await _node.Client.CreateAsync(_node.Root, "more")).Status != Errno.None);
        Assert.NotEqual(Errno.None, (await _node.Client.AskAsync(Core.Wire.Opcode.Fsync, inode.Shard, new Core.Messages.FsyncRequest(inode, false))).Status);
    }

    [Fact]
    public async Task Requests_that_need_no_sync_do_not_wait_for_a_slow_one()
    {
        var inode = await _node.CreateAsync("file");
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, NodeRig.Pattern(1, NodeRig.BlockBytes)));
        await _node.Disk.CommandAsync("fail fsync data/* delay=3000 count=1");
        var sync = _node.FsyncAsync(inode);
        await Eventually.TrueAsync(async () => await _node.Disk.AskAsync("hits") > 0);

        var answered = 0;
        while (!sync.IsCompleted)
        {
            Assert.Equal(Errno.None, (await _node.Client.LookupAsync(_node.Root, "file")).Status);
            answered++;
        }

        Assert.Equal(Errno.None, await sync);
        Assert.True(answered > 1, "Nothing was answered while the sync was under way.");
    }

    /// <summary>Whichever way the node syncs: a file, or the file system. The other error waits until the disk is healed.</summary>
    private async Task FailNextSyncOfDataAsync()
    {
        await _node.Disk.CommandAsync("fail fsync data/* EIO count=1");
        await _node.Disk.CommandAsync("fail syncfs * EIO count=1");
    }
}
