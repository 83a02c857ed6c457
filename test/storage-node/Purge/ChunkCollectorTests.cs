using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Tests.Files;
using Xunit;

namespace SealFs.StorageNode.Tests.Purge;

/// <summary>No space is leaked: late writes to files that are gone are refused, and what a dead client left is given back, but never what somebody may still commit.</summary>
public sealed class ChunkCollectorTests : IDisposable
{
    private const uint ChunkBytes = 1024 * 1024;
    private static readonly SessionId s_session = new(77);

    private readonly FileRig _rig = new(chunkBytes: ChunkBytes);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_late_write_to_a_removed_file_is_refused()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(3 * ChunkBytes)));
        _rig.Delete(inode);
        _rig.WaitForPurge();
        Assert.Equal(Errno.ENOENT, WriteChunk(inode, 1, Bytes(100_000)));
        Assert.Equal(Errno.ENOENT, _rig.Range(inode, new ChunkIndex(2), ChunkRangeOperation.Allocate, 0, 100_000));
        Assert.Equal((0, 0), (_rig.UsedBytes, _rig.ChunkFiles()));
    }

    [Fact]
    public async Task Chunks_of_a_file_that_is_gone_go_at_the_second_look()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, WriteChunk(inode, 5, Bytes(ChunkBytes)));
        var shard = _rig.Node.Shards.Find(inode.Shard)!;
        using (shard.Enter())
        {
            // Without the removal of its chunks that goes with it.
            var mutation = shard.Begin(FileRig.Volume);
            mutation.DeleteInode(inode);
            mutation.AddUsage(0, -1);
            mutation.Commit();
        }

        Assert.Equal(ChunkBytes, _rig.UsedBytes);
        await _rig.Data.Collector.RunRoundAsync();
        Assert.Equal(ChunkBytes, _rig.UsedBytes);
        Assert.Equal(Errno.ENOENT, WriteChunk(inode, 6, Bytes(100)));
        await _rig.Data.Collector.RunRoundAsync();
        Assert.Equal((0, 0), (_rig.UsedBytes, _rig.ChunkFiles()));
    }

    [Fact]
    public async Task Data_behind_the_end_go_when_nobody_has_the_file_open()
    {
        var content = Bytes(ChunkBytes + 100_000);
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, content));
        var used = _rig.UsedBytes;
        Assert.Equal(Errno.None, WriteChunk(inode, 1, Bytes(700_000), offset: 300_000));
        Assert.Equal(Errno.None, WriteChunk(inode, 4, Bytes(ChunkBytes)));
        _rig.Data.Chunks.Seal(all: true);
        Assert.True(_rig.UsedBytes > used);

        Open(inode);
        await RunRoundsAsync(3);
        Assert.True(_rig.UsedBytes > used + ChunkBytes);
        Assert.True(Close(inode));
        await RunRoundsAsync(2);
        Assert.Equal((used, 2), (_rig.UsedBytes, _rig.ChunkFiles()));
        Assert.Equal(content, _rig.Read(inode, 0, content.Length).Data);
        Assert.Equal(Errno.None, _rig.SetSize(inode, 5 * ChunkBytes));
        Assert.DoesNotContain(_rig.Read(inode, (ulong)content.Length, 4 * (int)ChunkBytes).Data, value => value != 0);
    }

    [Fact]
    public async Task A_first_chunk_that_was_never_committed_goes_and_the_file_is_small_again()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, WriteChunk(inode, 0, Bytes(200_000)));
        _rig.Data.Chunks.Seal(all: true);
        await RunRoundsAsync(2);
        Assert.Equal((0, 0, 0UL), (_rig.UsedBytes, _rig.ChunkFiles(), _rig.Row(inode).Attributes.AllocatedBytes));
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1000)));
        Assert.Equal(1000, _rig.UsedBytes);
        Assert.Equal(0, _rig.ChunkFiles());
    }

    [Fact]
    public async Task What_was_written_since_the_first_look_stays()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, WriteChunk(inode, 2, Bytes(ChunkBytes)));
        _rig.Data.Chunks.Seal(all: true);
        await RunRoundsAsync(1);
        var content = Bytes(ChunkBytes, seed: 5);
        Assert.Equal(Errno.None, WriteChunk(inode, 2, content));
        await RunRoundsAsync(1);
        _rig.Data.Chunks.Seal(all: true);
        await RunRoundsAsync(1);
        Assert.Equal(Errno.None, _rig.Send(Opcode.CommitWrite, inode.Shard, new CommitWriteRequest(inode, 3 * ChunkBytes, 1, WriteFlags.None)));
        await RunRoundsAsync(2);
        Assert.Equal(content, _rig.Read(inode, 2 * ChunkBytes, (int)ChunkBytes).Data);
    }

    [Fact]
    public async Task A_chunk_file_without_a_record_goes()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, WriteChunk(inode, 1, Bytes(100_000)));
        var shard = _rig.Node.Shards.Find(ShardOf(inode, 1))!;
        using (shard.Enter())
        {
            var mutation = shard.Begin(FileRig.Volume);
            mutation.Delete(Table.Chunks, Key(inode, 1));
            mutation.Commit();
        }

        _rig.Restart(orderly: false);
        Assert.Equal(1, _rig.ChunkFiles());
        await RunRoundsAsync(1);
        Assert.Equal(0, _rig.ChunkFiles());
    }

    private async Task RunRoundsAsync(int count)
    {
        for (var round = 0; round < count; round++)
            await _rig.Data.Collector.RunRoundAsync();
    }

    private Errno WriteChunk(InodeId inode, ulong chunk, byte[] data, uint offset = 0) => _rig.Send(
        Opcode.Write, ShardOf(inode, chunk), new WriteRequest(inode, new ChunkIndex(chunk), offset, WriteFlags.None, 0, 1), data);

    private void Open(InodeId inode)
    {
        var shard = _rig.Node.Shards.Find(inode.Shard)!;
        using (shard.Enter())
            Assert.True(shard.Opens.TryAdd(inode, s_session, 1));
    }

    private bool Close(InodeId inode)
    {
        var shard = _rig.Node.Shards.Find(inode.Shard)!;
        using (shard.Enter())
            return shard.Opens.Remove(inode, s_session, 1);
    }

    private static ShardId ShardOf(InodeId inode, ulong chunk) => PlacementHash.Chunk(inode, new ChunkIndex(chunk), FileRig.Shards);

    private static byte[] Key(InodeId inode, ulong chunk)
    {
        Span<byte> key = stackalloc byte[SealFs.StorageNode.Shards.MetadataKey.MaxLength];
        return ShardChunkRecords.KeyOf(key, new(ShardOf(inode, chunk), FileRig.Volume, inode, new ChunkIndex(chunk))).ToArray();
    }

    private static byte[] Bytes(uint length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
