using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

public sealed class FileOperationTests : IDisposable
{
    private const uint Chunk = 256 * 1024;
    private readonly FileRig _rig = new(Chunk);

    public void Dispose() => _rig.Dispose();

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private void AssertContent(InodeId inode, byte[] expected)
    {
        Assert.Equal((ulong)expected.Length, _rig.Row(inode).Attributes.SizeBytes);
        var (error, data) = _rig.Read(inode, 0, expected.Length + 10);
        Assert.Equal(Errno.None, error);
        Assert.True(expected.AsSpan().SequenceEqual(data), "content differs");
    }

    [Fact]
    public void A_small_file_stays_beside_its_inode_and_grows_into_a_chunk()
    {
        var inode = _rig.CreateFile();
        var data = Bytes(1, 30_000);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, data.AsSpan(0, 1000)));
        Assert.Equal(InodeFlags.Inline, _rig.Row(inode).Attributes.Flags);
        Assert.Equal(1000, _rig.UsedBytes);
        Assert.Equal(0, _rig.ChunkFiles());
        Assert.Equal(Errno.None, _rig.Write(inode, 16_000, data.AsSpan(16_000, 384)));
        Assert.Equal(16_384, _rig.UsedBytes);
        Assert.Equal(Errno.None, _rig.Write(inode, 1000, data.AsSpan(1000, 15_000)));
        Assert.Equal(Errno.None, _rig.Write(inode, 16_384, data.AsSpan(16_384)));
        Assert.Equal(InodeFlags.None, _rig.Row(inode).Attributes.Flags);
        AssertContent(inode, data);
        Assert.Equal(32_768, _rig.UsedBytes);
        Assert.Equal(32_768UL, _rig.Row(inode).Attributes.AllocatedBytes);
    }

    [Fact]
    public void A_large_file_lives_in_chunks_of_many_shards()
    {
        var inode = _rig.CreateFile();
        var data = Bytes(2, (int)Chunk * 5 + 777);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, data));
        AssertContent(inode, data);
        Assert.Equal(6, _rig.ChunkFiles());
        Assert.Equal((Chunk * 5) + 65_536, (ulong)_rig.UsedBytes);
        Assert.Equal((Chunk * 5) + 65_536UL, _rig.Row(inode).Attributes.AllocatedBytes);
        _rig.Restart();
        AssertContent(inode, data);
    }

    [Fact]
    public void Times_version_and_set_id_bits_follow_a_write()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Send(Opcode.SetAttr, inode.Shard, new SetAttrRequest(inode, SetAttrMask.Mode, 0x9ED | 0x800, 0, 0, 0, 0, 0, 0)));
        var before = _rig.Row(inode).Attributes;
        var write = new WriteRequest(inode, default, 0, WriteFlags.Commit | WriteFlags.KillSetIds, 3, 555);
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, inode.Shard, in write, "abc"u8));
        var after = _rig.Answer<WriteReply>().Attributes;
        Assert.Equal(555, after.ModifyTimeNs);
        Assert.True(after.ChangeTimeNs > before.ChangeTimeNs);
        Assert.True(after.Version > before.Version);
        Assert.Equal(0x81EDu, after.Mode);
        Assert.Equal(3UL, after.SizeBytes);
    }

    [Fact]
    public void Growing_is_only_a_size_and_reads_zeros()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 100)));
        Assert.Equal(Errno.None, _rig.SetSize(inode, 100UL << 30));
        Assert.Equal(100UL << 30, _rig.Row(inode).Attributes.SizeBytes);
        Assert.Equal(new byte[1000], _rig.Read(inode, 50UL << 30, 1000).Data);
        Assert.Equal(Bytes(1, 100), _rig.Read(inode, 0, 100).Data);
        Assert.True(_rig.UsedBytes < 65_536);
        Assert.Equal(Errno.None, _rig.SetSize(inode, 0));
        _rig.WaitForPurge();
        Assert.Equal(0, _rig.UsedBytes);
        Assert.Equal(0, _rig.ChunkFiles());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(70_000)]
    [InlineData(262_144)]
    [InlineData(300_001)]
    [InlineData(900_000)]
    public void What_was_cut_off_reads_as_zeros_when_the_file_grows_again(int size)
    {
        var inode = _rig.CreateFile();
        var data = Bytes(3, 1_000_000);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, data));
        Assert.Equal(Errno.None, _rig.SetSize(inode, (ulong)size));
        Assert.Equal((ulong)size, _rig.Answer<AttributesReply>().Attributes.SizeBytes);
        Assert.Equal(Errno.None, _rig.SetSize(inode, 1_000_000));
        data.AsSpan(size).Clear();
        AssertContent(inode, data);
        _rig.Restart();
        AssertContent(inode, data);
    }

    [Fact]
    public void A_deleted_file_gives_everything_back()
    {
        var small = _rig.CreateFile();
        var large = _rig.CreateFile();
        var empty = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(small, 0, Bytes(1, 500)));
        Assert.Equal(Errno.None, _rig.Write(large, 0, Bytes(1, 900_000)));
        foreach (var inode in (InodeId[])[small, large, empty])
            _rig.Delete(inode);
        _rig.WaitForPurge();
        Assert.Equal(0, _rig.UsedBytes);
        Assert.Equal(0, _rig.ChunkFiles());
        Assert.Equal(Errno.ENOENT, _rig.Send(Opcode.Read, large.Shard, new ReadRequest(large, default, 0, 10)));
        Assert.Equal(Errno.ENOENT, _rig.Send(Opcode.Write, small.Shard, new WriteRequest(small, default, 0, WriteFlags.Commit, 1, 1), "x"u8));
        Assert.Equal(0, _rig.UsedBytes);
    }

    [Fact]
    public void Ranges_can_be_punched_zeroed_and_reserved()
    {
        var inode = _rig.CreateFile();
        var data = Bytes(4, (int)Chunk);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, data));
        Assert.Equal(Errno.None, _rig.Range(inode, default, ChunkRangeOperation.Punch, 65_000, 66_072));
        data.AsSpan(65_000, 66_072).Clear();
        AssertContent(inode, data);
        Assert.Equal(Chunk - 65_536, (ulong)_rig.UsedBytes);
        Assert.Equal(Errno.None, _rig.Send(Opcode.ChunkMap, inode.Shard, new ChunkMapRequest(inode, default)));
        Assert.Equal(0b1101UL, _rig.Answer<ChunkMapReply>().Blocks);
        Assert.Equal(Errno.None, _rig.Range(inode, default, ChunkRangeOperation.Zero, 0, 65_536));
        data.AsSpan(0, 65_536).Clear();
        AssertContent(inode, data);
        Assert.Equal(Errno.None, _rig.Range(inode, default, ChunkRangeOperation.Allocate, 0, Chunk));
        AssertContent(inode, data);
        Assert.Equal(Chunk, (ulong)_rig.UsedBytes);
    }

    /// <summary>What was reserved in vain goes; data, also of somebody who came meanwhile, and what was there before stay.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(5u)]
    public void Reserved_blocks_are_released_while_they_hold_zeros(uint number)
    {
        var inode = _rig.CreateFile();
        var chunk = new ChunkIndex(number);
        var start = number * Chunk;
        Assert.Equal(Errno.None, _rig.SetSize(inode, 8 * Chunk));
        Assert.Equal(Errno.None, _rig.Range(inode, chunk, ChunkRangeOperation.Allocate, 0, 65_536));
        Assert.Equal(0b0001UL, _rig.Answer<ChunkRangeReply>().Fresh);
        Assert.Equal(Errno.None, _rig.Range(inode, chunk, ChunkRangeOperation.Allocate, 0, Chunk));
        Assert.Equal(0b1110UL, _rig.Answer<ChunkRangeReply>().Fresh);
        Assert.Equal(Errno.None, _rig.Write(inode, start + 131_072 + 100, "data"u8));
        Assert.Equal(Errno.None, _rig.Release(inode, chunk, 0b1110));
        Assert.Equal(Errno.None, _rig.Send(Opcode.ChunkMap, _rig.ShardOf(inode, chunk), new ChunkMapRequest(inode, chunk)));
        Assert.Equal(0b0101UL, _rig.Answer<ChunkMapReply>().Blocks);
        Assert.Equal(2 * 65_536, _rig.UsedBytes);
        var expected = new byte[Chunk];
        "data"u8.CopyTo(expected.AsSpan(131_072 + 100));
        var (error, back) = _rig.Read(inode, start, (int)Chunk);
        Assert.Equal(Errno.None, error);
        Assert.Equal(expected, back);
        _rig.Restart();
        Assert.Equal(expected, _rig.Read(inode, start, (int)Chunk).Data);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(5u)]
    public void What_was_written_after_a_cut_and_before_a_kill_is_not_released(uint number)
    {
        var inode = _rig.CreateFile();
        var chunk = new ChunkIndex(number);
        var data = Bytes(3, 65_536);
        Assert.Equal(Errno.None, _rig.Write(inode, number * Chunk, Bytes(4, 65_536)));
        Assert.Equal(Errno.None, _rig.SetSize(inode, 0));
        Assert.Equal(Errno.None, _rig.Write(inode, number * Chunk, data));
        _rig.Restart(orderly: false);
        Assert.Equal(Errno.None, _rig.Release(inode, chunk, 1));
        Assert.Equal(data, _rig.Read(inode, number * Chunk, data.Length).Data);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(5u)]
    public void A_chunk_that_was_reserved_in_vain_is_gone(uint number)
    {
        var inode = _rig.CreateFile();
        var chunk = new ChunkIndex(number);
        Assert.Equal(Errno.None, _rig.Range(inode, chunk, ChunkRangeOperation.Allocate, 0, Chunk));
        var fresh = _rig.Answer<ChunkRangeReply>().Fresh;
        Assert.Equal(0b1111UL, fresh);
        Assert.Equal(Errno.None, _rig.Release(inode, chunk, fresh));
        Assert.Equal(number == 0 ? 0 : -(int)Chunk, _rig.Answer<ChunkRangeReply>().AllocatedDeltaBytes);
        Assert.Equal(0, _rig.UsedBytes);
        Assert.Equal(0, _rig.ChunkFiles());
        Assert.Equal(0ul, _rig.Row(inode).Attributes.AllocatedBytes);
        Assert.Equal(Errno.None, _rig.Release(inode, chunk, fresh));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(300_000)]
    public void Announced_chunks_go_with_the_file_and_with_a_cut(int sizeBytes)
    {
        var removed = _rig.CreateFile();
        var cut = _rig.CreateFile();
        foreach (var inode in (InodeId[])[removed, cut])
        {
            Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, sizeBytes)));
            Assert.Equal(Errno.None, _rig.Send(Opcode.AnnounceChunks, inode.Shard, new AnnounceChunksRequest(inode, 8 * Chunk)));
            Assert.Equal((ulong)sizeBytes, _rig.Answer<AttributesReply>().Attributes.SizeBytes);
            for (var chunk = 2ul; chunk < 8; chunk++)
                Assert.Equal(Errno.None, _rig.Range(inode, new ChunkIndex(chunk), ChunkRangeOperation.Allocate, 0, Chunk));
        }

        _rig.Restart();
        _rig.Delete(removed);
        Assert.Equal(Errno.None, _rig.SetSize(cut, (ulong)sizeBytes));
        Assert.Equal((ulong)sizeBytes, _rig.Row(cut).Attributes.SizeBytes);
        Assert.Equal(0ul, _rig.Row(cut).AnnouncedBytes);
        _rig.WaitForPurge();
        _rig.Delete(cut);
        _rig.WaitForPurge();
        Assert.Equal(0, _rig.UsedBytes);
        Assert.Equal(0, _rig.ChunkFiles());
    }

    [Fact]
    public void Senseless_ranges_are_refused()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.EFBIG, _rig.SetSize(inode, 1UL << 63));
        Assert.Equal(Errno.EFBIG, _rig.Send(Opcode.CommitWrite, inode.Shard, new CommitWriteRequest(inode, ulong.MaxValue, 0, WriteFlags.None)));
        Assert.Equal(Errno.EINVAL, _rig.Send(Opcode.Read, inode.Shard, new ReadRequest(inode, default, Chunk - 1, 2)));
        Assert.Equal(Errno.EFBIG, _rig.Send(Opcode.Read, inode.Shard, new ReadRequest(inode, new ChunkIndex(ulong.MaxValue), 0, 2)));
        Assert.Equal(Errno.EINVAL, _rig.Send(Opcode.Write, inode.Shard, new WriteRequest(inode, default, 0, (WriteFlags)0, 0, 0), new byte[Chunk + 1]));
        Assert.Equal(Errno.None, _rig.SetSize(inode, long.MaxValue));
        Assert.Equal(Errno.None, _rig.SetSize(inode, 0));
    }

    [Fact]
    public void Reads_of_nothing_answer_nothing()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Send(Opcode.Read, inode.Shard, new ReadRequest(inode, default, 0, 4096)));
        Assert.Equal(0, _rig.Source.AnswerPayload.Length);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 100_000)));
        Assert.Equal(Errno.None, _rig.Send(Opcode.Read, inode.Shard, new ReadRequest(inode, default, 5, 0)));
        Assert.Equal(0, _rig.Source.AnswerPayload.Length);
        Assert.Equal(Errno.None, _rig.Send(Opcode.Read, inode.Shard, new ReadRequest(inode, default, 99_995, 100)));
        Assert.Equal(5, _rig.Source.AnswerPayload.Length);
    }

    [Fact]
    public void A_full_disk_leaves_the_file_as_it_was()
    {
        var inode = _rig.CreateFile();
        var data = Bytes(5, 100_000);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, data));
        var used = _rig.UsedBytes;
        _rig.Device.WritableBytes = 10_000;
        Assert.Equal(Errno.ENOSPC, _rig.Write(inode, 100_000, Bytes(6, 100_000)));
        Assert.Equal(used, _rig.UsedBytes);
        AssertContent(inode, data);
        Assert.Equal((ulong)used, _rig.Row(inode).Attributes.AllocatedBytes);
        _rig.Device.WritableBytes = long.MaxValue;
        Assert.Equal(Errno.None, _rig.Write(inode, 100_000, Bytes(6, 100_000)));
        AssertContent(inode, [.. data, .. Bytes(6, 100_000)]);
    }

    [Fact]
    public void Damage_on_the_disk_is_an_error_and_never_wrong_bytes()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(7, 200_000)));
        _rig.Restart();
        var path = Directory.EnumerateFiles(_rig.DataDirectory, "*.0", SearchOption.AllDirectories).Single();
        using (var file = File.OpenWrite(path))
        {
            file.Position = 70_000;
            file.WriteByte(0);
            file.WriteByte(1);
        }

        Assert.Equal(Errno.EIO, _rig.Read(inode, 65_536, 4096).Error);
        Assert.Equal(Errno.None, _rig.Read(inode, 0, 4096).Error);
        Assert.True(_rig.Data.Chunks.Mismatches > 0);
    }

    [Fact]
    public void Fsync_waits_for_the_chunk_files_and_tells_failures()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(8, 100_000)));
        Assert.Equal(Errno.None, _rig.Fsync(inode));
        Assert.Equal(1, _rig.Device.Syncs);
        Assert.Equal(Errno.None, _rig.Fsync(inode));
        Assert.Equal(1, _rig.Device.Syncs);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(8, 100)));
        _rig.Device.SyncError = 5;
        Assert.Equal(Errno.EIO, _rig.Fsync(inode));
        _rig.Device.SyncError = 0;
        Assert.Equal(Errno.EIO, _rig.Fsync(inode));
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(8, 100)));
        Assert.Equal(Errno.None, _rig.Fsync(inode));
    }

    [Fact]
    public void An_interrupted_cut_goes_on_after_the_start_and_nobody_grows_the_file_meanwhile()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(9, 1_000_000)));
        _rig.InterruptCut(inode, 10, new ChunkIndex(1), new ChunkIndex(3));
        _rig.Restart(orderly: false);
        Assert.Equal(Errno.None, _rig.SetSize(inode, 1_000_000));
        var (error, data) = _rig.Read(inode, Chunk, (int)Chunk * 2);
        Assert.Equal(Errno.None, error);
        Assert.True(data.AsSpan().IndexOfAnyExcept((byte)0) < 0, "bytes that were cut off came back");
    }

    [Fact]
    public void Reads_leave_the_receiving_thread_only_when_the_disk_has_to_be_waited_for()
    {
        var inode = _rig.CreateFile();
        var data = Bytes(10, 100_000);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, data));
        AssertContent(inode, data);
        var waits = _rig.Device.ReadCalls;
        AssertContent(inode, data);
        Assert.Equal(waits, _rig.Device.ReadCalls);
        _rig.Device.Cold = true;
        AssertContent(inode, data);
        Assert.Equal(waits + 1, _rig.Device.ReadCalls);
    }

    /// <summary>It may be on stable storage beside its inode, by an fsync, a sync of the volume, or because the log is synced all the time.</summary>
    [Fact]
    public void Content_that_moves_to_a_chunk_is_on_the_disk_before_its_inode_says_so()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(11, 1000)));
        var wasInline = false;
        _rig.Device.BeforeSync = () => wasInline |= _rig.Row(inode).InlineLength != 0;
        Assert.Equal(Errno.None, _rig.Write(inode, 1000, Bytes(12, 100_000)));
        Assert.True(wasInline);
        Assert.Equal(0u, _rig.Row(inode).InlineLength);
        AssertContent(inode, [.. Bytes(11, 1000), .. Bytes(12, 100_000)]);
    }

    [Fact]
    public void A_write_over_sealed_bytes_waits_until_the_log_says_so()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(11, 100_000)));
        Assert.True(_rig.Data.Chunks.MarksAreDurable(inode), "marks of new blocks need no order");
        Assert.Equal(Errno.None, _rig.Fsync(inode));
        _rig.Data.Chunks.Seal(all: true);
        Assert.Equal(Errno.None, _rig.Write(inode, 5, Bytes(12, 10)));
        Assert.True(_rig.Data.Chunks.MarksAreDurable(inode));
    }

    [Fact]
    public void A_quota_is_enforced_and_lifted()
    {
        _rig.VolumeState = _rig.VolumeState with { CeilingBytes = 1 << 20 };
        _rig.Node.Follow([_rig.VolumeState]);
        var answers = 0;
        _rig.Node.RequestHeartbeat = () =>
        {
            if (Interlocked.Increment(ref answers) < 10)
                ThreadPool.QueueUserWorkItem(_ => _rig.Node.Quota.CeilingsChanged());
        };
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 1 << 20)));
        Assert.Equal(Errno.ENOSPC, _rig.Write(inode, 1 << 20, Bytes(1, 100_000)));
        Assert.Equal(Errno.None, _rig.Write(inode, 5, Bytes(2, 1000)));
        Assert.Equal(1 << 20, _rig.UsedBytes);
        _rig.VolumeState = _rig.VolumeState with { CeilingBytes = 2 << 20 };
        _rig.Node.Follow([_rig.VolumeState]);
        Assert.Equal(Errno.None, _rig.Write(inode, 1 << 20, Bytes(1, 100_000)));
    }

    [Fact]
    public void A_write_that_exceeds_the_ceiling_waits_for_a_higher_one()
    {
        _rig.VolumeState = _rig.VolumeState with { CeilingBytes = 1000, MoreExpected = true };
        _rig.Node.Follow([_rig.VolumeState]);
        var asked = false;
        _rig.Node.RequestHeartbeat = () =>
        {
            Assert.False(asked);
            asked = true;
            _rig.Node.Follow([_rig.VolumeState with { CeilingBytes = 1 << 20 }]);
            ThreadPool.QueueUserWorkItem(_ => _rig.Node.Quota.CeilingsChanged());
        };
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, 5000)));
        Assert.True(asked);
    }

    [Fact]
    public void Steady_reads_and_writes_of_4_KiB_allocate_nothing()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, Bytes(1, (int)Chunk)));
        var page = Bytes(2, 4096);
        var write = new WriteRequest(inode, default, 8192, WriteFlags.Commit, Chunk, 1);
        var read = new ReadRequest(inode, default, 8192, 4096);
        long before = 0;
        for (var round = 0; round < 400; round++)
        {
            if (round == 300)
                before = GC.GetAllocatedBytesForCurrentThread();
            if (_rig.Send(Opcode.Write, inode.Shard, in write, page) != Errno.None || _rig.Send(Opcode.Read, inode.Shard, in read) != Errno.None)
                Assert.Fail("refused");
        }

        // Less than one object (24 bytes) in each of the 100 rounds: the runtime allocates once on a thread that has to wait for a lock.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_399);
        Assert.True(page.AsSpan().SequenceEqual(_rig.Source.AnswerPayload));
    }
}
