using System.Text;
using CsCheck;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

public sealed unsafe class Crc32CTests
{
    [Fact]
    public void Agrees_with_the_published_check_value()
    {
        fixed (byte* data = Encoding.ASCII.GetBytes("123456789"))
        {
            Assert.Equal(0xE3069283, ~Crc32C.Continue(uint.MaxValue, data, 9));
            Assert.Equal(0xE3069283, ~Crc32C.ContinueInSoftware(uint.MaxValue, data, 9));
        }
    }

    [Fact]
    public void Hardware_and_software_agree_on_any_length()
    {
        Gen.Byte.Array[0, 9000].Sample(bytes =>
        {
            fixed (byte* data = bytes)
                return Crc32C.Sum(bytes) == Crc32C.ContinueInSoftware(0, data, bytes.Length);
        });
    }

    [Fact]
    public void A_shifted_sum_is_the_sum_with_zeros_behind()
    {
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 70_000]).Sample((bytes, zeros) =>
        {
            var padded = new byte[bytes.Length + zeros];
            bytes.CopyTo(padded, 0);
            return Crc32C.Shift(Crc32C.Sum(bytes), zeros) == Crc32C.Sum(padded);
        });
    }

    [Fact]
    public void Replacing_bytes_changes_the_sum_by_the_sum_of_the_difference()
    {
        Gen.Select(Gen.Byte.Array[4096], Gen.Int[0, 4095], Gen.Byte.Array[1, 500]).Sample((block, at, replacement) =>
        {
            var length = Math.Min(replacement.Length, block.Length - at);
            var before = Crc32C.Sum(block);
            var difference = Crc32C.Sum(block.AsSpan(at, length)) ^ Crc32C.Sum(replacement.AsSpan(0, length));
            replacement.AsSpan(0, length).CopyTo(block.AsSpan(at));
            return (before ^ Crc32C.Shift(difference, block.Length - at - length)) == Crc32C.Sum(block);
        });
    }

    [Fact]
    public void The_sum_of_a_block_follows_from_those_of_its_pieces()
    {
        var block = new byte[ChunkLimits.BlockBytes];
        new Random(1).NextBytes(block);
        var pieces = new uint[ChunkLimits.PiecesPerBlock];
        for (var i = 0; i < pieces.Length; i++)
            pieces[i] = Crc32C.Sum(block.AsSpan(i * ChunkLimits.PieceBytes, ChunkLimits.PieceBytes));
        Assert.Equal(Crc32C.Sum(block), Crc32C.Combine(pieces));
    }
}
