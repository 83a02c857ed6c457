using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

public sealed class ChunkTests : IDisposable
{
    private readonly ChunkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private void AssertReads(uint offset, byte[] expected)
    {
        var (error, data) = _rig.ReadBytes(offset, (uint)expected.Length);
        Assert.Equal(Errno.None, error);
        Assert.True(expected.AsSpan().SequenceEqual(data));
    }

    [Fact]
    public void What_was_written_is_read_and_holes_are_zeros()
    {
        var data = Bytes(1, 100_000);
        Assert.Equal(Errno.None, _rig.Write(200_001, data));
        AssertReads(200_001, data);
        AssertReads(0, new byte[200_001]);
        AssertReads(300_001, new byte[10_000]);
    }

    [Fact]
    public void Only_the_first_write_to_a_block_stores_the_record()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 65_536)));
        var writes = _rig.RecordWrites;
        for (var i = 0; i < 16; i++)
            Assert.Equal(Errno.None, _rig.Write((uint)i * 4096, Bytes(i, 4096)));
        Assert.Equal(writes, _rig.RecordWrites);
        Assert.Equal(Errno.None, _rig.Write(65_536, Bytes(1, 1)));
        Assert.Equal(writes + 1, _rig.RecordWrites);
    }

    [Fact]
    public void An_overwrite_of_whole_pieces_of_a_known_block_reads_nothing()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 65_536)));
        var reads = _rig.Device.ReadCalls;
        Assert.Equal(Errno.None, _rig.Write(8192, Bytes(2, 4096)));
        Assert.Equal(reads, _rig.Device.ReadCalls);
    }

    [Fact]
    public void After_a_kill_dirty_blocks_are_accepted_and_clean_ones_verified()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 131_072)));
        Assert.Equal(1, _rig.Table.Seal(all: true));
        Assert.Equal(Errno.None, _rig.Write(100, Bytes(2, 50)));
        _rig.Restart();
        Corrupt(5);
        AssertReads(100, Bytes(2, 50));
        Corrupt(70_000);
        Assert.Equal(Errno.EIO, _rig.ReadBytes(70_000, 10).Error);
        Assert.Equal(1, _rig.Table.Mismatches);
    }

    [Fact]
    public void A_corrupted_byte_is_an_error_whether_the_block_is_known_or_not()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 65_536)));
        Corrupt(9000);
        Assert.Equal(Errno.EIO, _rig.ReadBytes(8192, 4096).Error);
        AssertReads(0, Bytes(1, 65_536)[..8192]);
        Repair(9000);
        _rig.Table.Seal(all: true);
        _rig.Restart();
        Corrupt(9000);
        Assert.Equal(Errno.EIO, _rig.ReadBytes(0, 4096).Error);
        Assert.Equal(Errno.EIO, _rig.ReadBytes(0, 65_536).Error);
        Repair(9000);
        AssertReads(0, Bytes(1, 65_536));
    }

    [Fact]
    public void A_partial_overwrite_does_not_make_damage_good()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 65_536)));
        _rig.Table.Seal(all: true);
        _rig.Restart();
        Corrupt(50_000);
        Assert.Equal(Errno.None, _rig.Write(100, Bytes(2, 200)));
        Assert.Equal(Errno.EIO, _rig.Write(0, Bytes(2, 40_000)));
        Assert.Equal(1, _rig.Table.Seal(all: true));
        Assert.Equal(Errno.EIO, _rig.ReadBytes(0, 65_536).Error);
        Repair(50_000);
        Assert.Equal(Errno.None, _rig.ReadBytes(0, 65_536).Error);
    }

    [Fact]
    public void Short_transfers_are_completed()
    {
        _rig.Device.MostBytes = 777;
        var data = Bytes(3, 70_000);
        Assert.Equal(Errno.None, _rig.Write(1000, data));
        AssertReads(1000, data);
    }

    [Fact]
    public void A_full_disk_leaves_everything_as_it_was()
    {
        var old = Bytes(1, 70_000);
        Assert.Equal(Errno.None, _rig.Write(0, old));
        var usage = _rig.Usage;
        _rig.Device.WritableBytes = 100_000;
        Assert.Equal(Errno.ENOSPC, _rig.Write(140_000, Bytes(2, 300_000)));
        Assert.Equal(usage, _rig.Usage);
        _rig.Restart();
        AssertReads(0, old);
        AssertReads(70_000, new byte[400_000]);
        _rig.Device.WritableBytes = long.MaxValue;
        Assert.Equal(Errno.None, _rig.Write(140_000, Bytes(2, 300_000)));
        AssertReads(140_000, Bytes(2, 300_000));
        AssertReads(0, old);
    }

    [Fact]
    public void A_failed_overwrite_leaves_the_block_readable()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 65_536)));
        _rig.Table.Seal(all: true);
        _rig.Device.WritableBytes = 1000;
        _rig.Device.WriteError = 5;
        Assert.Equal(Errno.EIO, _rig.Write(0, Bytes(2, 30_000)));
        _rig.Device.WritableBytes = long.MaxValue;
        var (error, data) = _rig.ReadBytes(0, 65_536);
        Assert.Equal(Errno.None, error);
        Assert.True(Bytes(1, 65_536).AsSpan(30_000).SequenceEqual(data.AsSpan(30_000)));
        _rig.Table.Seal(all: true);
        _rig.Restart();
        Assert.Equal(Errno.None, _rig.ReadBytes(0, 65_536).Error);
    }

    [Fact]
    public void A_read_error_of_the_disk_is_an_error_and_passes()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 4096)));
        _rig.Device.ReadError = 5;
        Assert.Equal(Errno.EIO, _rig.ReadBytes(0, 4096).Error);
        _rig.Device.ReadError = 0;
        AssertReads(0, Bytes(1, 4096));
    }

    [Fact]
    public void A_failed_sync_is_told_until_the_bytes_were_written_again()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 4096)));
        _rig.Device.SyncError = 5;
        Assert.Equal(Errno.EIO, _rig.Table.Sync(ChunkRig.Key.Inode));
        Assert.Equal(Errno.EIO, _rig.Table.Sync(ChunkRig.Key.Inode));
        _rig.Device.SyncError = 0;
        Assert.Equal(Errno.EIO, _rig.Table.Sync(ChunkRig.Key.Inode));
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 4096)));
        Assert.Equal(Errno.None, _rig.Table.Sync(ChunkRig.Key.Inode));
        Assert.True(_rig.Table.IsSynced(ChunkRig.Key.Inode));
    }

    [Fact]
    public void What_is_written_while_a_seal_waits_for_the_disk_stays_dirty()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 131_072)));
        _rig.Device.BeforeSync = () =>
        {
            _rig.Device.BeforeSync = null;
            Assert.Equal(Errno.None, _rig.Write(10, Bytes(2, 10)));
        };
        Assert.Equal(0, _rig.Table.Seal(all: true));
        Assert.True(ChunkRecord.TryRead(_rig.Stored[ChunkRig.Key], out var record));
        Assert.Equal(1UL, record.Dirty);
        Assert.Equal(1, _rig.Table.Seal(all: true));
    }

    [Fact]
    public void Cut_bytes_do_not_come_back_when_the_cut_was_interrupted()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 200_000)));
        var chunk = _rig.Table.Acquire(ChunkRig.Key);
        chunk.Enter();
        chunk.BeginTruncate(1000);
        Span<byte> record = stackalloc byte[ChunkRecord.MaxBytes];
        _rig.Stored[ChunkRig.Key] = record[..chunk.Encode(record)].ToArray();
        _rig.Restart();
        Assert.Equal(Errno.None, _rig.Write(190_000, Bytes(2, 10)));
        AssertReads(0, Bytes(1, 200_000)[..1000]);
        AssertReads(1000, new byte[189_000]);
    }

    [Fact]
    public void Usage_is_that_of_blocks_and_of_pages_at_the_end_of_chunk_0()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 20_000)));
        Assert.Equal(20_480, _rig.Usage);
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 70_000)));
        Assert.Equal(65_536 + 8192, _rig.Usage);
        Assert.Equal(Errno.None, _rig.Punch(0, 65_536));
        Assert.Equal(8192, _rig.Usage);
        Assert.Equal(Errno.None, _rig.Truncate(0));
        Assert.Equal(0, _rig.Usage);
        Assert.Equal(Errno.None, _rig.Write(ChunkRig.Key with { Chunk = new ChunkIndex(1) }, 0, Bytes(1, 20_000)));
        Assert.Equal(65_536, _rig.Usage);
    }

    [Fact]
    public void Handles_are_bounded_and_files_reopened()
    {
        for (var i = 0u; i < 100; i++)
            Assert.Equal(Errno.None, _rig.Write(ChunkRig.Key with { Chunk = new ChunkIndex(i) }, 0, Bytes((int)i, 100)));
        Assert.True(_rig.Store.OpenHandles <= _rig.OpenHandles);
        for (var i = 0u; i < 100; i++)
            Assert.Equal(Bytes((int)i, 100), _rig.ReadBytes(ChunkRig.Key with { Chunk = new ChunkIndex(i) }, 0, 100).Data);
        Assert.Equal(100, _rig.Store.List(ChunkRig.Key.Volume, ChunkRig.Key.Shard).Count());
        Assert.Equal(Errno.None, _rig.Store.RemoveSome(ChunkRig.Key.Volume, ChunkRig.Key.Shard, 1000, out var removed));
        Assert.Equal(100, removed);
        Assert.False(Directory.Exists(Path.Combine(_rig.Directory, "1")));
    }

    [Fact]
    public void Steady_reads_and_writes_of_4_KiB_allocate_nothing()
    {
        Assert.Equal(Errno.None, _rig.Write(0, Bytes(1, 1 << 20)));
        var before = 0L;
        for (var round = 0; round < 300; round++)
        {
            if (round == 200)
                before = GC.GetAllocatedBytesForCurrentThread();
            WriteAndReadInPlace((uint)(round % 256) * 4096);
        }

        // Less than one object (24 bytes) in each of the 100 rounds: the runtime allocates once on a thread that has to wait for a lock.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_399);
    }

    private unsafe void WriteAndReadInPlace(uint offset)
    {
        var memory = stackalloc byte[8192];
        var data = (byte*)(((nint)memory + 4095) & ~4095);
        var chunk = _rig.Table.Acquire(ChunkRig.Key);
        chunk.Enter();
        var change = chunk.BeginWrite(offset, 4096, data);
        var error = chunk.Write(change, data);
        if (error == Errno.None)
            error = chunk.Read(offset, data, 4096);
        chunk.Exit();
        _rig.Table.Release(chunk);
        if (error != Errno.None)
            throw new InvalidOperationException(error.ToString());
    }

    private void Corrupt(long at) => Flip(at);

    private void Repair(long at) => Flip(at);

    private void Flip(long at)
    {
        using var file = File.Open(_rig.PathOf(ChunkRig.Key), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x40));
    }
}
