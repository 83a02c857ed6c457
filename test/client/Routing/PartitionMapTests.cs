using CsCheck;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.Tests.Routing;

public sealed class PartitionMapTests
{
    private static readonly InodeId Directory = new(99);

    [Fact]
    public void Nothing_known_means_partition_0() => Assert.Equal(new PartitionIndex(0), new PartitionMap().Find(Directory, 0xFFFF_FFFF));

    [Fact]
    public void A_depth_says_where_the_splits_went()
    {
        var map = new PartitionMap();
        map.Learn(Directory, new(0), 2);
        Assert.Equal(0u, map.Find(Directory, 0b1100).Value);
        Assert.Equal(1u, map.Find(Directory, 0b1101).Value);
        Assert.Equal(2u, map.Find(Directory, 0b1110).Value);
        Assert.Equal(1u, map.Find(Directory, 0b1111).Value);
        map.Learn(Directory, new(1), 2);
        Assert.Equal(3u, map.Find(Directory, 0b1111).Value);
        Assert.Equal(0u, map.Find(new InodeId(98), 0b1111).Value);
    }

    [Fact]
    public void What_leads_to_a_lost_partition_is_forgotten_and_nothing_else()
    {
        var map = new PartitionMap();
        map.Learn(Directory, new(0), 2);
        map.Learn(Directory, new(1), 2);
        map.Learn(Directory, new(2), 3);
        map.Learn(new InodeId(98), new(0), 1);
        map.Forget(Directory, 0b1111);
        Assert.Equal(0u, map.Find(Directory, 0b1111).Value);
        Assert.Equal(3, map.DepthOf(Directory, new(2)));
        Assert.Equal(1u, map.Find(new InodeId(98), 0b1111).Value);
        map.Learn(Directory, new(0), 1);
        Assert.Equal(1u, map.Find(Directory, 0b1111).Value);
    }

    /// <summary>Whatever the splits, a client that starts with nothing finds the partition within as many corrections as there are depths.</summary>
    [Fact]
    public void Corrections_lead_to_the_partition()
    {
        Gen.Select(Gen.Int[0, 60], Gen.ULong).List[1, 30].Sample(steps =>
        {
            var truth = new Dictionary<uint, int> { [0] = 0 };
            foreach (var (choice, _) in steps)
            {
                var partition = truth.Keys.Order().ElementAt(choice % truth.Count);
                var depth = truth[partition];
                truth[partition] = depth + 1;
                truth[partition | (1u << depth)] = depth + 1;
            }
            var map = new PartitionMap();
            foreach (var (_, hash) in steps)
            {
                var corrections = 0;
                while (true)
                {
                    var guess = map.Find(Directory, hash);
                    if (DirectoryPosition.Belongs(hash, guess, truth[guess.Value]))
                        break;
                    map.Learn(Directory, guess, truth[guess.Value]);
                    Assert.True(++corrections <= 32);
                }
            }
        });
    }

    [Fact]
    public void A_position_lies_in_the_partition_of_its_names()
    {
        var map = new PartitionMap();
        map.Learn(Directory, new(0), 1);
        map.Learn(Directory, new(1), 3);
        Gen.ULong.Sample(hash => map.Find(Directory, hash) == map.FindPosition(Directory, DirectoryPosition.FromHash(hash)));
    }
}
