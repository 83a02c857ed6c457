using CsCheck;
using SealFs.Core.Placement;
using Xunit;

namespace SealFs.Core.Tests.Placement;

/// <summary>Balance and least movement where there are many nodes and zones, and placements that must stay what they are.</summary>
public sealed class LargeMapTests
{
    private const uint Shards = 4_096;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 37)]
    [InlineData(3, 0)]
    [InlineData(3, 37)]
    public void Nodes_that_come_receive_their_share_and_nothing_else_moves(int copies, int gone)
    {
        var nodes = Nodes(300);
        var before = ShardMapBuilder.Build(Shards, nodes, copies);
        var after = ShardMapBuilder.Rebalance(before, [.. nodes.Skip(gone), .. Nodes(50, first: 1_001)], copies);
        var share = Shards * copies / (double)(300 - gone + 50);
        var held = after.SelectMany(shard => shard.InSync).CountBy(node => node).ToDictionary();
        Assert.All(held.Values, count => Assert.InRange(count, Math.Floor(share), Math.Ceiling(share)));

        // What the new ones lacked, or what those that left had held, whichever is more; zones may force a few more.
        var moved = Enumerable.Range(0, (int)Shards).Sum(index => after[index].InSync.Except(before[index].InSync).Count());
        var vacant = before.Sum(shard => shard.InSync.Count(node => node.Value <= gone));
        Assert.InRange(moved, 0, Math.Max(vacant, Math.Ceiling(share) * 50) * (copies == 1 ? 1 : 1.05));
    }

    [Fact]
    public void Weights_decide_among_many_nodes_too() => Gen.Double[0.2, 5].Array[100].Sample(
        weights =>
        {
            var nodes = Nodes(100).Zip(weights, (node, weight) => node with { Weight = weight }).ToArray();
            var held = ShardMapBuilder.Build(Shards, nodes, 1).CountBy(shard => shard.Primary).ToDictionary();
            Assert.All(nodes, node => Assert.InRange(
                held.GetValueOrDefault(node.Id), Math.Floor((Shards * node.Weight / weights.Sum()) - 1e-6), Math.Ceiling((Shards * node.Weight / weights.Sum()) + 1e-6)));
        },
        iter: 10);

    [Fact]
    public void Placements_stay_what_they_are()
    {
        // Recorded from the straightforward algorithm, which sorted all nodes for every shard.
        var nodes = Nodes(7).Select(node => node with { Weight = 1 + (node.Id.Value % 3) }).ToArray();
        var first = ShardMapBuilder.Build(16, nodes, 2);
        var next = ShardMapBuilder.Rebalance(first, [.. nodes[2..], .. Nodes(2, first: 20)], 2);
        Assert.Equal("2/1 7/5 5/6 2/7 1/2 5/4 7/2 6/7 4/2 5/3 2/4 4/5 1/5 3/1 4/7 2/3", Text(first));
        Assert.Equal("20/21 7/5 5/6 7/5 5/20 5/4 7/21 6/7 4/7 5/3 4/5 4/5 5/4 3/20 4/7 3/6", Text(next));
    }

    [Fact]
    public void What_does_not_change_is_the_same_instance()
    {
        var before = ShardMapBuilder.Build(Shards, Nodes(20), 3);
        var after = ShardMapBuilder.Rebalance(before, Nodes(21), 3);
        Assert.All(Enumerable.Range(0, (int)Shards).Where(index => before[index].Equals(after[index])), index => Assert.Same(before[index], after[index]));
    }

    private static string Text(IEnumerable<ReplicaSet> map) => string.Join(' ', map.Select(shard => string.Join('/', shard.InSync)));

    private static ClusterNode[] Nodes(int count, int first = 1) =>
        [.. Enumerable.Range(first, count).Select(id => ShardMapBuilderTests.Node((uint)id, 1, $"zone-{id % 6}"))];
}
