using CsCheck;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using Xunit;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Core.Tests.Placement;

public sealed class ClusterMapTests
{
    [Fact]
    public void Lookups_answer_from_the_assignments()
    {
        var map = Built(3);
        var shard = new ShardId(17);
        Assert.Equal(map.Shards[17].Primary, map.PrimaryOf(shard));
        Assert.Equal(new Epoch(1), map.EpochOf(shard));
        Assert.Equal("node-2", map.Node(new NodeId(2))!.Name);
        Assert.Null(map.Node(new NodeId(9)));
        Assert.True(map.Contains(new ShardId(63)));
        Assert.False(map.Contains(new ShardId(64)));
    }

    [Fact]
    public void Only_a_change_of_service_raises_an_epoch()
    {
        var map = Built(3);
        var dead = map.WithNode(map.Node(new NodeId(1))! with { State = NodeState.Dead });
        Assert.True(map.Shards.SequenceEqual(dead.Shards));
        Assert.Equal(map.Version + 1, dead.Version);

        var replicas = map.Shards.ToArray().Select(shard => shard.Replicas).ToArray();
        replicas[5] = new ReplicaSet(replicas[5].Primary, replicas[5].InSync, [Other(replicas[5].Primary)]);
        replicas[6] = ReplicaSet.Of(Other(replicas[6].Primary));
        var moved = map.WithReplicas(replicas);
        Assert.Equal(new Epoch(1), moved.EpochOf(new ShardId(5)));
        Assert.Equal(new Epoch(2), moved.EpochOf(new ShardId(6)));
    }

    [Fact]
    public void A_map_that_names_unknown_nodes_is_refused()
    {
        var shards = new[] { new ShardAssignment(new Epoch(1), ReplicaSet.Of(new NodeId(4))) };
        Assert.Throws<ArgumentException>(() => new ClusterMap(1, Guid.NewGuid(), [ShardMapBuilderTests.Node(1, 1, "")], shards));
    }

    [Fact]
    public void A_difference_leads_from_one_map_to_the_other() => Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, 63]).Sample(
        (nodesBefore, nodesAfter, shard) =>
        {
            var before = Built(nodesBefore);
            var nodes = Enumerable.Range(1, nodesAfter).Select(id => ShardMapBuilderTests.Node((uint)id, 1, $"zone-{id % 2}")).ToArray();
            var current = before.Shards.ToArray().Select(entry => entry.Replicas).ToArray();
            var after = before.WithNodes(before.Nodes.Concat(nodes).DistinctBy(node => node.Id)).WithReplicas(ShardMapBuilder.Rebalance(current, nodes, 1)).WithNodes(nodes);
            var diff = ClusterMapCodec.FromProto(MapDiff.Parser.ParseFrom(Serialise(ClusterMapCodec.ToProto(ClusterMapDiff.Between(before, after)))));
            var applied = diff!.ApplyTo(before)!;
            AssertSame(after, applied);
            Assert.Equal(after.PrimaryOf(new ShardId((uint)shard)), applied.PrimaryOf(new ShardId((uint)shard)));
            Assert.Null(diff.ApplyTo(after));
        },
        iter: 100);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void A_map_survives_the_way_through_bytes(int nodes)
    {
        var map = nodes == 0 ? ClusterMap.Unbuilt(Guid.NewGuid(), 64) : Built(nodes);
        AssertSame(map, ClusterMapCodec.FromBytes(ClusterMapCodec.ToBytes(map))!);
    }

    [Fact]
    public void Bytes_that_are_no_map_give_none()
    {
        Gen.Byte.Array[0, 200].Sample(bytes => ClusterMapCodec.FromBytes(bytes)?.ShardCount is not 0, iter: 5_000);
        var broken = ClusterMapCodec.ToProto(Built(2));
        broken.Shards[3].Primary = 77;
        Assert.Null(ClusterMapCodec.FromProto(broken));
        broken = ClusterMapCodec.ToProto(Built(2));
        broken.Shards.RemoveAt(0);
        Assert.Null(ClusterMapCodec.FromProto(broken));
        broken = ClusterMapCodec.ToProto(Built(2));
        broken.ShardCount = uint.MaxValue;
        Assert.Null(ClusterMapCodec.FromProto(broken));
        broken = ClusterMapCodec.ToProto(Built(2));
        broken.Nodes.Add(broken.Nodes[0]);
        Assert.Null(ClusterMapCodec.FromProto(broken));
    }

    [Fact]
    public void Shards_of_a_large_map_share_their_replica_sets()
    {
        var map = ClusterMapCodec.FromBytes(ClusterMapCodec.ToBytes(Built(3, PlacementLimits.MaxShards)))!;
        Assert.Equal(PlacementLimits.MaxShards, map.ShardCount);
        Assert.Equal(3, map.Shards.ToArray().Select(shard => shard.Replicas).Distinct(ReferenceEqualityComparer.Instance).Count());
    }

    private static ClusterMap Built(int count, uint shards = 64)
    {
        var nodes = Enumerable.Range(1, count).Select(id => ShardMapBuilderTests.Node((uint)id, 1, $"zone-{id % 2}")).ToArray();
        return ClusterMap.Unbuilt(new Guid(1, 2, 3, new byte[8]), shards).WithNodes(nodes).WithReplicas(ShardMapBuilder.Build(shards, nodes, 1));
    }

    private static NodeId Other(NodeId node) => new((node.Value % 3) + 1);

    private static byte[] Serialise(Google.Protobuf.IMessage message) => Google.Protobuf.MessageExtensions.ToByteArray(message);

    private static void AssertSame(ClusterMap expected, ClusterMap actual)
    {
        Assert.Equal(expected.Version, actual.Version);
        Assert.Equal(expected.ClusterId, actual.ClusterId);
        Assert.Equal(expected.IsBuilt, actual.IsBuilt);
        Assert.Equal(expected.Nodes, actual.Nodes);
        Assert.Equal(expected.Shards.ToArray(), actual.Shards.ToArray());
    }

    [Fact]
    public void A_move_goes_through_the_map_in_two_versions_and_one_epoch()
    {
        var (source, target) = (new NodeId(1), new NodeId(2));
        var nodes = new[] { ShardMapBuilderTests.Node(1, 1, ""), ShardMapBuilderTests.Node(2, 1, "") };
        var shards = Enumerable.Range(0, 4).Select(_ => new ShardAssignment(new Epoch(5), ReplicaSet.Of(source))).ToArray();
        var map = new ClusterMap(7, Guid.NewGuid(), nodes, shards);
        var shard = new ShardId(2);
        var learning = map.WithAssignments(map.Nodes, [new(shard, map[shard].WithLearner(target))]);
        Assert.Equal((8UL, new Epoch(5), source), (learning.Version, learning.EpochOf(shard), learning.PrimaryOf(shard)));
        Assert.Equal([target], learning[shard].Replicas.Learners);
        var switched = learning.WithAssignments(map.Nodes, [new(shard, learning[shard].Switched(source, target))]);
        Assert.Equal((9UL, new Epoch(6), target), (switched.Version, switched.EpochOf(shard), switched.PrimaryOf(shard)));
        Assert.Equal(ReplicaSet.Of(target), switched[shard].Replicas);
        Assert.Equal(map[shard], learning[shard].WithoutLearner(target));
        Assert.Equal(new ShardAssignment(new Epoch(6), learning[shard].Replicas), learning[shard].Renewed());
        Assert.Equal(source, map.PrimaryOf(shard));
        Assert.Throws<ArgumentException>(() => switched.WithAssignments(map.Nodes, [new(shard, map[shard])]));
        Assert.Throws<ArgumentException>(() => map.WithAssignments(map.Nodes, [new(shard, map[shard].GivenTo(new NodeId(3)))]));
    }

    [Fact]
    public void A_follower_is_replaced_without_a_change_of_the_primary()
    {
        var before = new ShardAssignment(new Epoch(3), new ReplicaSet(new NodeId(1), [new NodeId(1), new NodeId(2)], [new NodeId(3)]));
        var after = before.Switched(new NodeId(2), new NodeId(3));
        Assert.Equal(new ShardAssignment(new Epoch(4), new ReplicaSet(new NodeId(1), [new NodeId(1), new NodeId(3)], [])), after);
    }
}
