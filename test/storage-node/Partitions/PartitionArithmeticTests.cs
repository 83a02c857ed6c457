using CsCheck;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Partitions;
using Xunit;

namespace SealFs.StorageNode.Tests.Partitions;

/// <summary>The arithmetic of splits: whatever splits in whatever order, ranges tile the positions and every name is found.</summary>
public sealed class PartitionArithmeticTests
{
    private static readonly Gen<List<int>> s_splits = Gen.Int[0, 1_000_000].List[0, 60];

    [Fact]
    public void Ranges_of_partitions_tile_all_positions()
    {
        s_splits.Sample(splits =>
        {
            var ranges = Split(splits)
                .Select(pair => (Start: DentryRange.StartOf(pair.Key, pair.Value), End: DirectoryPosition.EndOfRange(pair.Key, pair.Value)))
                .OrderBy(range => range.Start)
                .ToList();
            var end = 0UL;
            foreach (var range in ranges)
            {
                Assert.Equal(end, range.Start);
                end = range.End;
            }

            Assert.Equal(1UL << 63, end);
        });
    }

    [Fact]
    public void Every_name_is_found_by_corrections_from_any_partition()
    {
        Gen.Select(s_splits, Gen.ULong, Gen.UInt).Sample((splits, hash, guess) =>
        {
            var depths = Split(splits);
            var partition = new PartitionIndex(guess & 0x3F);
            for (var corrections = 0; ; corrections++)
            {
                var depth = depths.GetValueOrDefault(partition);
                if (depths.ContainsKey(partition) && DirectoryPosition.Belongs(hash, partition, depth))
                    return;
                var next = DirectoryPartitions.Correct(hash, partition, depth);
                Assert.True(depths.ContainsKey(next), $"{next} does not exist");
                Assert.NotEqual(partition, next);
                Assert.True(corrections < 34);
                partition = next;
            }
        });
    }

    [Fact]
    public void A_position_is_in_the_range_of_the_partition_that_has_its_name()
    {
        Gen.Select(s_splits, Gen.ULong).Sample((splits, hash) =>
        {
            var (partition, depth) = Split(splits).Single(pair => DirectoryPosition.Belongs(hash, pair.Key, pair.Value));
            var position = DirectoryPosition.FromHash(hash);
            Assert.InRange(position, DentryRange.StartOf(partition, depth), DirectoryPosition.EndOfRange(partition, depth) - 1);
            Assert.Equal(partition, DirectoryPartitions.ForPosition(position, partition, depth));
        });
    }

    [Fact]
    public void A_child_is_born_with_one_depth_more_than_the_split_had()
    {
        for (var depth = 0; depth < 20; depth++)
        {
            Assert.Equal(depth + 1, DirectoryPartitions.BirthDepth(DirectoryPartitions.Child(default, depth)));
            if (depth > 0)
                Assert.Equal(depth + 1, DirectoryPartitions.BirthDepth(DirectoryPartitions.Child(new PartitionIndex(1), depth)));
        }
    }

    /// <summary>Splits one existing partition after the other, chosen by the numbers.</summary>
    private static Dictionary<PartitionIndex, int> Split(List<int> choices)
    {
        var depths = new Dictionary<PartitionIndex, int> { [default] = 0 };
        foreach (var choice in choices)
        {
            var partition = depths.Keys.Order().ElementAt(choice % depths.Count);
            var depth = depths[partition];
            if (depth == DirectoryPartitions.MaxDepth)
                continue;
            depths[DirectoryPartitions.Child(partition, depth)] = depth + 1;
            depths[partition] = depth + 1;
        }

        return depths;
    }
}
