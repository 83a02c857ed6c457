using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>A cut takes everything behind the new end, also what was never committed, and nothing that is written after it.</summary>
public sealed class CutTests : IDisposable
{
    private const uint ChunkBytes = 128 * 1024;

    private readonly FileRig _rig = new(ChunkBytes);

    public void Dispose() => _rig.Dispose();

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static WriteRequest ToChunk(InodeId inode, ulong chunk) => new(inode, new ChunkIndex(chunk), 0, WriteFlags.None, 0, 1);

    private static ShardId ShardOf(InodeId inode, ulong chunk) => PlacementHash.Chunk(inode, new ChunkIndex(chunk), FileRig.Shards);

    /// <summary>As a client that dies before it can commit.</summary>
    private void WriteUncommitted(InodeId inode, ulong chunk) =>
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, ShardOf(inode, chunk), ToChunk(inode, chunk), Bytes((int)chunk, 5000)));

    [Theory]
    [InlineData(60_000UL, 100_000UL)]
    [InlineData(60_000UL, 0UL)]
    [InlineData(60_000UL, 60_000UL)]
    [InlineData(3UL * ChunkBytes, (3UL * ChunkBytes) - 5)]
    public void What_was_never_committed_does_not_come_back_when_the_file_grows_after_a_cut(ulong kept, ulong size)
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, (int)Math.Max(kept, size))));
        WriteUncommitted(inode, 5);
        WriteUncommitted(inode, 11);
        if (size > kept)
            size = kept;
        Assert.Equal(Errno.None, _rig.SetSize(inode, size));
        Assert.Equal(Errno.None, _rig.SetSize(inode, 20 * ChunkBytes));
        foreach (var chunk in (uint[])[5, 11])
        {
            var (error, data) = _rig.Read(inode, chunk * ChunkBytes, 5000);
            Assert.Equal(Errno.None, error);
            Assert.DoesNotContain(data, static value => value != 0);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(60_000)]
    [InlineData(3 * (int)ChunkBytes)]
    public void What_was_never_committed_does_not_show_when_the_file_grows(int size)
    {
        var inode = _rig.CreateFile();
        var content = Bytes(1, size);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, content));
        var behind = (ulong)size / ChunkBytes;
        var end = (uint)(size % ChunkBytes);
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, ShardOf(inode, behind), new WriteRequest(inode, new ChunkIndex(behind), end, WriteFlags.None, 0, 1), Bytes(2, 5000)));
        if (size > 10)
            WriteUncommitted(inode, 5);
        Assert.Equal(Errno.None, _rig.SetSize(inode, 20 * ChunkBytes));
        Assert.Equal(20UL * ChunkBytes, _rig.Row(inode).Attributes.SizeBytes);
        Assert.Equal(content, _rig.Read(inode, 0, size).Data);
        Assert.DoesNotContain(_rig.Read(inode, (ulong)size, 6000).Data, static value => value != 0);
        Assert.DoesNotContain(_rig.Read(inode, 5 * ChunkBytes, 6000).Data, static value => value != 0);
        Assert.Equal(Errno.None, _rig.Write(inode, 5 * ChunkBytes, Bytes(3, 100)));
        Assert.Equal(Bytes(3, 100), _rig.Read(inode, 5 * ChunkBytes, 100).Data);
    }

    /// <summary>They are another client's, which is alive, and has not committed them yet.</summary>
    [Fact]
    public void Bytes_of_a_client_that_has_the_file_open_stay_when_another_one_makes_it_longer()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 60_000)));
        var shard = _rig.Node.Shards.Find(inode.Shard)!;
        using (shard.Enter())
            Assert.True(shard.Opens.TryAdd(inode, new SessionId(4711), 1));
        WriteUncommitted(inode, 5);
        Assert.Equal(Errno.None, _rig.SetSize(inode, 20 * ChunkBytes));
        Assert.Equal(Bytes(5, 5000), _rig.Read(inode, 5 * ChunkBytes, 5000).Data);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(60_000)]
    public void A_removed_file_takes_along_what_was_never_committed(int size)
    {
        var inode = _rig.CreateFile();
        if (size != 0)
            Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, size)));
        WriteUncommitted(inode, 9);
        _rig.Delete(inode);
        _rig.WaitForPurge();
        Assert.Equal(0, _rig.ChunkFiles());
        Assert.Equal(0, _rig.UsedBytes);
    }

    [Fact]
    public void Chunks_are_reserved_as_the_file_grows_and_a_file_of_one_chunk_reserves_none()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, (int)ChunkBytes)));
        Assert.Equal(Errno.None, _rig.SetSize(inode, 100 * ChunkBytes));
        Assert.Equal(0UL, _rig.Row(inode).ReservedChunks);
        WriteUncommitted(inode, 1);
        Assert.Equal(4UL, _rig.Row(inode).ReservedChunks);
        WriteUncommitted(inode, 3);
        Assert.Equal(4UL, _rig.Row(inode).ReservedChunks);
        WriteUncommitted(inode, 4);
        Assert.Equal(8UL, _rig.Row(inode).ReservedChunks);
        Assert.Equal(Errno.None, _rig.SetSize(inode, ChunkBytes + 1));
        Assert.Equal(2UL, _rig.Row(inode).ReservedChunks);
    }

    /// <summary>A node was killed between the two halves of a cut. What comes before the second half is done waits, or it would be removed with the rest.</summary>
    [Fact]
    public void A_cut_that_is_taken_up_again_leaves_what_was_written_meanwhile()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 4 * (int)ChunkBytes)));
        _rig.InterruptCut(inode, 10, new ChunkIndex(1), new ChunkIndex(3));
        var shard = _rig.Node.Shards.Find(inode.Shard)!;
        using (shard.Enter())
            shard.Locks.TryLock(LockKey.Inode(inode), Purger.OwnerOf(inode));
        _rig.Data.Reserved.Clear();

        using var other = new FakeSource();
        var written = Bytes(2, 5000);
        _rig.Post(other, Opcode.Write, ShardOf(inode, 2), ToChunk(inode, 2), written);
        using (shard.Enter())
            _rig.Data.Purge.Enqueue(shard, FileRig.Volume, inode, null);
        Assert.Equal(Errno.None, other.Wait());
        _rig.WaitForPurge();
        Assert.Equal(Errno.None, _rig.Send(Opcode.CommitWrite, inode.Shard, new CommitWriteRequest(inode, (2 * ChunkBytes) + 5000, 1, WriteFlags.None)));
        var (error, data) = _rig.Read(inode, 2 * ChunkBytes, 5000);
        Assert.Equal(Errno.None, error);
        Assert.Equal(written, data);
    }

    /// <summary>A client has written, another one has cut the file, and the first one makes its size known: what it has written is gone.</summary>
    [Fact]
    public void A_size_from_before_a_cut_does_not_come_back_with_a_late_commit()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 2 * (int)ChunkBytes)));
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, ShardOf(inode, 2), ToChunk(inode, 2), Bytes(2, 5000)));
        var before = _rig.Answer<WriteReply>().Cuts;
        Assert.Equal(Errno.None, _rig.SetSize(inode, 10));
        Assert.Equal(Errno.None, _rig.Send(Opcode.CommitWrite, inode.Shard, new CommitWriteRequest(inode, (2 * ChunkBytes) + 5000, 1, WriteFlags.None, Cuts: before)));
        Assert.Equal(10UL, _rig.Answer<AttributesReply>().Attributes.SizeBytes);
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, ShardOf(inode, 2), ToChunk(inode, 2), Bytes(2, 5000)));
        var after = _rig.Answer<WriteReply>().Cuts;
        Assert.Equal(Errno.None, _rig.Send(Opcode.CommitWrite, inode.Shard, new CommitWriteRequest(inode, (2 * ChunkBytes) + 5000, 1, WriteFlags.None, Cuts: after)));
        Assert.Equal((2 * ChunkBytes) + 5000, _rig.Row(inode).Attributes.SizeBytes);
    }

    /// <summary>The client syncs the log of such a chunk before it commits a size that covers it.</summary>
    [Fact]
    public void A_write_says_whether_the_record_of_its_chunk_may_be_lost()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 100)));
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, ShardOf(inode, 1), ToChunk(inode, 1), Bytes(2, 5000)));
        Assert.True(_rig.Answer<WriteReply>().IsPending);
        Assert.Equal(Errno.None, _rig.Send(Opcode.Fsync, ShardOf(inode, 1), new FsyncRequest(inode, DataOnly: true, LogOnly: true)));
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, ShardOf(inode, 1), ToChunk(inode, 1), Bytes(3, 5000)));
        Assert.False(_rig.Answer<WriteReply>().IsPending);
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, ShardOf(inode, 1), ToChunk(inode, 1), Bytes(3, 9000)));
        Assert.True(_rig.Answer<WriteReply>().IsPending);
    }

    /// <summary>Whoever has seen the new size writes after the cut, however fast.</summary>
    [Fact]
    public void What_is_written_when_the_new_size_shows_is_not_cut()
    {
        for (var round = 0; round < 100; round++)
        {
            var inode = _rig.CreateFile();
            Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 4 * (int)ChunkBytes)));
            using var cutting = new FakeSource();
            var cut = new SetAttrRequest(inode, SetAttrMask.Size, 0, 0, 0, 10, 0, 0, 0);
            var thread = new Thread(() => _rig.Post(cutting, Opcode.SetAttr, inode.Shard, in cut));
            thread.Start();
            while (_rig.Row(inode).Attributes.SizeBytes != 10)
                Thread.Yield();
            WriteUncommitted(inode, 2);
            Assert.Equal(Errno.None, cutting.Wait());
            thread.Join();
            Assert.Equal(Errno.None, _rig.Send(Opcode.CommitWrite, inode.Shard, new CommitWriteRequest(inode, (2 * ChunkBytes) + 5000, 1, WriteFlags.None)));
            var (error, data) = _rig.Read(inode, 2 * ChunkBytes, 5000);
            Assert.Equal(Errno.None, error);
            Assert.True(data.AsSpan().SequenceEqual(Bytes(2, 5000)), $"round {round}: what was written after the cut was removed by it");
        }
    }

    /// <summary>Cut to nothing and written again at once, as by an editor: the old file stays until the cut is on stable storage.</summary>
    [Fact]
    public async Task A_file_that_is_cut_to_nothing_and_written_again_has_the_new_content()
    {
        var inode = _rig.CreateFile();
        for (var round = 1; round <= 10; round++)
        {
            Assert.Equal(Errno.None, _rig.SetSize(inode, 0));
            var content = Bytes(round, 100_000 - (round * 1000));
            Assert.Equal(Errno.None, _rig.Write(inode, 0, content));
            Assert.Equal(content, _rig.Read(inode, 0, content.Length).Data);
            if (round % 3 == 0)
                _rig.Restart(orderly: round % 2 == 0);
            Assert.Equal(content, _rig.Read(inode, 0, content.Length).Data);
        }

        _rig.WaitForPurge();
        await _rig.Data.Collector.RunRoundAsync();
        _rig.WaitForPurge();
        Assert.Equal(1, _rig.ChunkFiles());
    }
}
