using CsCheck;
using SealFs.Core.Messages;
using Xunit;

namespace SealFs.Core.Tests.Messages;

public sealed class DirectoryPositionTests
{
    [Fact]
    public void Bit_reversal_is_its_own_inverse_and_moves_the_lowest_bit_to_the_top()
    {
        Assert.Equal(1UL << 63, DirectoryPosition.ReverseBits(1));
        Gen.ULong.Sample(value => DirectoryPosition.ReverseBits(DirectoryPosition.ReverseBits(value)) == value);
    }

    [Fact]
    public void A_partition_is_one_contiguous_range_of_positions() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 20]).Sample((hash, depth) =>
        {
            var position = DirectoryPosition.FromHash(hash);
            var partition = DirectoryPosition.PartitionAt(position, depth);
            var end = DirectoryPosition.EndOfRange(partition, depth);
            return DirectoryPosition.Belongs(hash, partition, depth)
                && position < end
                && position >= end - (1UL << (63 - depth));
        });

    [Fact]
    public void The_ranges_of_a_depth_follow_each_other_without_gap()
    {
        const int depth = 4;
        var position = DirectoryPosition.First;
        for (var i = 0; i < 1 << depth; i++)
            position = DirectoryPosition.EndOfRange(DirectoryPosition.PartitionAt(position, depth), depth);
        Assert.Equal(1UL << 63, position);
    }

    [Fact]
    public void A_split_halves_the_range()
    {
        var lower = new PartitionIndex(5);
        var upper = new PartitionIndex(5 + (1 << 3));
        Assert.Equal(DirectoryPosition.EndOfRange(lower, 3), DirectoryPosition.EndOfRange(upper, 4));
        Assert.True(DirectoryPosition.EndOfRange(lower, 4) < DirectoryPosition.EndOfRange(upper, 4));
    }
}
