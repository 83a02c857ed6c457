using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>After a loss of power, bytes that were never synced are there, or read as EIO; they are never zeros that nobody wrote.</summary>
public sealed class LostBytesTests
{
    private const int Size = 6 * ChunkLimits.BlockBytes;

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static ChunkRig NewRig()
    {
        var rig = new ChunkRig { BytesMayBeLost = true };
        rig.Device.Files = new VolatileFiles();
        return rig;
    }

    [Fact]
    public void What_was_written_and_not_synced_is_there_or_an_error()
    {
        var lost = 0;
        for (var seed = 1; seed <= 40; seed++)
        {
            using var rig = NewRig();
            var random = new Random(seed);
            var content = Bytes(seed, Size - (random.Next(20) * ChunkLimits.PieceBytes));
            for (var at = 0; at < content.Length;)
            {
                var part = Math.Min(content.Length - at, random.Next(1, 30) * ChunkLimits.PieceBytes);
                Assert.Equal(Errno.None, rig.Write((uint)at, content.AsSpan(at, part)));
                at += part;
            }

            // The log reached the disk by itself, and the file did not.
            rig.Sync();
            rig.LosePower(random);
            if (random.Next(2) == 0)
                rig.Table.Seal(all: true);
            if (random.Next(2) == 0)
                rig.Restart();
            lost += Check(rig, content, seed);
        }

        Assert.True(lost > 100, $"only {lost} pieces were lost: this shows nothing");
    }

    /// <summary>Transfers of one file overtake each other.</summary>
    [Fact]
    public void What_arrived_in_another_order_is_there_or_an_error_too()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            using var rig = NewRig();
            var random = new Random(seed);
            var content = Bytes(seed, Size);
            var parts = Enumerable.Range(0, Size / 12_288).Select(static part => part * 12_288).ToArray();
            random.Shuffle(parts);
            foreach (var at in parts)
                Assert.Equal(Errno.None, rig.Write((uint)at, content.AsSpan(at, 12_288)));
            rig.Sync();
            rig.LosePower(random);
            Check(rig, content, seed);
        }
    }

    private static int Check(ChunkRig rig, byte[] content, int seed)
    {
        var lost = 0;
        for (var at = 0; at < content.Length; at += ChunkLimits.PieceBytes)
        {
            var (error, data) = rig.ReadBytes((uint)at, ChunkLimits.PieceBytes);
            if (error == Errno.EIO)
                lost++;
            else
                Assert.True(content.AsSpan(at, ChunkLimits.PieceBytes).SequenceEqual(data), $"seed {seed}: piece at {at} is neither there nor an error");
        }

        Assert.Equal(0, rig.Table.Mismatches);
        return lost;
    }

    [Fact]
    public void A_lost_piece_reads_again_when_it_is_written_or_cut_off()
    {
        using var rig = NewRig();
        var content = Bytes(1, 2 * ChunkLimits.BlockBytes);
        Assert.Equal(Errno.None, rig.Write(0, content));
        rig.Sync();
        File.Delete(rig.PathOf(ChunkRig.Key));
        rig.Restart();
        Assert.Equal(Errno.EIO, rig.ReadBytes(0, 4096).Error);
        Assert.Equal(Errno.EIO, rig.ReadBytes(100_000, 10).Error);
        rig.Table.Seal(all: true);
        rig.Restart();
        Assert.Equal(Errno.EIO, rig.ReadBytes(0, 4096).Error);
        Assert.Equal(Errno.None, rig.Write(0, content.AsSpan(0, 8192)));
        Assert.Equal((Errno.None, 8192), (rig.ReadBytes(0, 8192).Error, rig.ReadBytes(0, 8192).Data.Length));
        Assert.Equal(Errno.EIO, rig.ReadBytes(8192, 4096).Error);
        Assert.Equal(Errno.None, rig.Punch(8192, 4096));
        Assert.Equal(new byte[4096], rig.ReadBytes(8192, 4096).Data);
        Assert.Equal(Errno.None, rig.Truncate(16_384));
        Assert.Equal(Errno.None, rig.Write(100_000, content.AsSpan(0, 10)));
        Assert.Equal(Errno.None, rig.ReadBytes(96_000, 8000).Error);
        Assert.Equal(Errno.EIO, rig.ReadBytes(12_288, 4096).Error);
        Assert.Equal(Errno.None, rig.Truncate(0));
        Assert.Equal(Errno.None, rig.Write(0, content));
        Assert.Equal(content, rig.ReadBytes(0, (uint)content.Length).Data);
    }

    [Theory]
    [InlineData(0, 1000, 2500)]
    [InlineData(2500, 1000, 0)]
    [InlineData(1000, 2500, 0)]
    [InlineData(0, 2500, 1000)]
    [InlineData(2500, 0, 1000)]
    public void A_lost_piece_reads_again_when_it_is_written_in_parts(int first, int second, int third)
    {
        using var rig = NewRig();
        var content = Bytes(1, 2 * ChunkLimits.BlockBytes);
        Assert.Equal(Errno.None, rig.Write(0, content));
        rig.Sync();
        File.Delete(rig.PathOf(ChunkRig.Key));
        rig.Restart();
        int[] starts = [first, second, third];
        var ends = starts.ToDictionary(static start => start, start => starts.Where(other => other > start).Append(4096).Min());
        foreach (var start in starts)
        {
            Assert.Equal(Errno.EIO, rig.ReadBytes(8192, 4096).Error);
            Assert.Equal(Errno.None, rig.Write((uint)(8192 + start), content.AsSpan(8192 + start, ends[start] - start)));
        }

        var (error, data) = rig.ReadBytes(8192, 4096);
        Assert.Equal(Errno.None, error);
        Assert.Equal(content[8192..12288], data);
        Assert.Equal(Errno.EIO, rig.ReadBytes(12_288, 4096).Error);
    }

    /// <summary>Zeros that somebody wrote, holes, and everything that was synced: no alarm for any of it, whatever is lost besides.</summary>
    [Fact]
    public void What_was_synced_is_never_taken_for_lost()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            using var rig = NewRig();
            var random = new Random(seed);
            var model = new byte[Size];
            for (var step = 0; step < 25; step++)
                Step(rig, model, random);
            rig.Sync();
            Assert.Equal(Errno.None, rig.Table.Sync(ChunkRig.Key.Inode));
            if (random.Next(2) == 0)
                rig.Table.Seal(all: true);
            rig.Sync();
            rig.LosePower(random);
            var (error, data) = rig.ReadBytes(0, Size);
            Assert.True(error == Errno.None, $"seed {seed}: {error}");
            Assert.True(model.AsSpan().SequenceEqual(data), $"seed {seed}: other bytes");
        }
    }

    private static void Step(ChunkRig rig, byte[] model, Random random)
    {
        var offset = random.Next(2) == 0 ? random.Next(Size - 1) : random.Next(Size / 4096) * 4096;
        var length = Math.Min(random.Next(1, 40_000), Size - offset);
        switch (random.Next(6))
        {
            case 0:
                Assert.Equal(Errno.None, rig.Punch((uint)offset, (uint)length));
                model.AsSpan(offset, length).Clear();
                break;
            case 1:
                Assert.Equal(Errno.None, rig.Truncate((uint)offset));
                model.AsSpan(offset).Clear();
                break;
            case 2:
                Assert.Equal(Errno.None, rig.Write((uint)offset, new byte[length]));
                model.AsSpan(offset, length).Clear();
                break;
            default:
                var bytes = new byte[length];
                random.NextBytes(bytes);
                Assert.Equal(Errno.None, rig.Write((uint)offset, bytes));
                bytes.CopyTo(model, offset);
                break;
        }
    }
}
