using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Replication;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>Writes that ask for a sync: what an answer promises is on the disks.</summary>
public sealed class SyncingWriteTests : IDisposable
{
    private const int Beyond = 100_000;

    private readonly FileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Inline_content_is_in_the_log()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.WriteAndSync(inode, 0, new byte[4000]));
        Assert.True(_rig.Answer<WriteReply>() is { IsSynced: true, HasAttributes: true });
        Assert.False(_rig.Node.Engine.HasUnsynced);
        Assert.Equal(0, _rig.Device.Syncs);
    }

    [Fact]
    public void Inline_content_that_was_synced_with_its_write_is_on_the_disk_before_it_moves_to_a_chunk()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.WriteAndSync(inode, 0, new byte[4000]));
        Assert.Equal(Errno.None, _rig.Write(inode, 4000, new byte[40_000]));
        Assert.Equal(1, _rig.Device.Syncs);
    }

    [Fact]
    public void A_chunk_is_in_its_file_and_its_record_in_the_log()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.WriteAndSync(inode, 0, new byte[Beyond]));
        Assert.True(_rig.Answer<WriteReply>() is { IsSynced: true, HasAttributes: true, Attributes.SizeBytes: Beyond });
        Assert.Equal(1, _rig.Device.Syncs);
        Assert.True(_rig.Data.Chunks.IsSynced(inode));
        Assert.False(_rig.Node.Engine.HasUnsynced);
    }

    [Fact]
    public void A_sync_that_fails_is_told_until_the_bytes_were_written_again()
    {
        var inode = _rig.CreateFile();
        _rig.Device.SyncError = 5;
        Assert.Equal(Errno.EIO, _rig.WriteAndSync(inode, 0, new byte[Beyond]));
        _rig.Device.SyncError = 0;
        Assert.False(_rig.Data.Chunks.IsSynced(inode));
        Assert.Equal(Errno.EIO, _rig.Fsync(inode));
        Assert.Equal(Errno.None, _rig.WriteAndSync(inode, 0, new byte[Beyond]));
        Assert.True(_rig.Data.Chunks.IsSynced(inode));
    }

    [Fact]
    public void Sealing_syncs_the_log_before_the_files_of_blocks_that_were_clean()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.WriteAndSync(inode, 0, new byte[Beyond]));
        Assert.Equal(1, _rig.Data.Chunks.Seal(all: true));
        Assert.Equal(Errno.None, _rig.Write(inode, Beyond, new byte[100]));
        Assert.False(_rig.Data.Chunks.MarksAreDurable(inode));
        var inOrder = false;
        _rig.Device.BeforeSync = () => inOrder = _rig.Data.Chunks.MarksAreDurable(inode);
        Assert.Equal(1, _rig.Data.Chunks.Seal(all: true));
        Assert.True(inOrder);
    }

    [Fact]
    public void A_write_that_asks_for_nothing_promises_nothing()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, new byte[Beyond]));
        Assert.False(_rig.Answer<WriteReply>().IsSynced);
        Assert.Equal(0, _rig.Device.Syncs);
    }

    [Fact]
    public void Of_a_shard_that_leaves_meanwhile_nothing_is_promised()
    {
        var inode = _rig.CreateFile();
        var shard = _rig.Node.Shards.Find(inode.Shard)!;
        _rig.Device.BeforeSync = () => shard.Retire(new HeldCopy(HeldState.Retired, shard.Epoch, 1, new NodeId(2)));
        Assert.Equal(Errno.None, _rig.WriteAndSync(inode, 0, new byte[Beyond]));
        Assert.True(_rig.Answer<WriteReply>() is { IsSynced: false, Attributes.SizeBytes: Beyond });
    }

    [Fact]
    public void An_fsync_of_a_shard_that_leaves_meanwhile_is_sent_to_its_new_node()
    {
        var inode = _rig.CreateFile();
        var shard = _rig.Node.Shards.Find(inode.Shard)!;
        Assert.Equal(Errno.None, _rig.Write(inode, 0, new byte[Beyond]));
        _rig.Device.BeforeSync = () => shard.Retire(new HeldCopy(HeldState.Retired, shard.Epoch, 1, new NodeId(2)));
        Assert.Equal(Errno.WrongEpoch, _rig.Fsync(inode));
    }

    [Fact]
    public void A_log_that_is_synced_record_by_record_finds_its_blocks_there()
    {
        var inode = _rig.CreateFile();
        var size = 0u;
        for (; size < Beyond; size += 4096)
            Assert.Equal(Errno.None, _rig.WriteAndSync(inode, size, Bytes(size)));
        Assert.True(_rig.Data.Chunks.LaidOutBytes >= ChunkLimits.FirstLayOutBytes);
        Assert.InRange(_rig.UsedBytes, size, size + 4096);
        Assert.InRange(_rig.Row(inode).Attributes.AllocatedBytes, size, size + 4096);
        _rig.Restart(orderly: false);
        for (var offset = 0u; offset < size; offset += 4096)
        {
            var (error, data) = _rig.Read(inode, offset, 4096);
            Assert.Equal(Errno.None, error);
            Assert.True(Bytes(offset).AsSpan().SequenceEqual(data));
        }

        Assert.Equal(Errno.None, _rig.SetSize(inode, size + 10_000));
        Assert.DoesNotContain(_rig.Read(inode, size, 10_000).Data, static value => value != 0);
    }

    private static byte[] Bytes(uint offset)
    {
        var bytes = new byte[4096];
        bytes.AsSpan().Fill((byte)((offset / 4096) + 1));
        return bytes;
    }
}
