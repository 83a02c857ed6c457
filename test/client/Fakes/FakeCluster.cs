using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Client.Tests.Fakes;

/// <summary>Sessions and maps that point at fake nodes, without any manager.</summary>
internal static class FakeCluster
{
    public const uint ShardCount = 8;

    public static readonly VolumeId Volume = new(1);

    public static readonly Guid Id = new("5ea1f500-0000-0000-0000-000000000001");

    /// <summary>All shards at one node.</summary>
    public static ClusterMap Map(FakeNode node, ulong version = 1, uint epoch = 1) => Map(version, epoch, node.Port);

    public static ClusterMap Map(ulong version, uint epoch, int port)
    {
        var members = new[] { new ClusterNode(new NodeId(1), "fake", $"127.0.0.1:{port}", "", "", "", 1, Core.Placement.NodeState.Live) };
        var shards = new ShardAssignment[ShardCount];
        Array.Fill(shards, new ShardAssignment(new Epoch(epoch), ReplicaSet.Of(new NodeId(1))));
        return new ClusterMap(version, Id, members, shards);
    }

    /// <summary>All shards at the first of several nodes, which are numbered from 1.</summary>
    public static ClusterMap MapOfMany(ulong version, uint epoch, params FakeNode[] nodes) => MapOfMany(version, epoch, 1, nodes);

    /// <summary>All shards at one of several nodes.</summary>
    public static ClusterMap MapOfMany(ulong version, uint epoch, uint primary, params FakeNode[] nodes)
    {
        var shards = new ShardAssignment[ShardCount];
        Array.Fill(shards, new ShardAssignment(new Epoch(epoch), ReplicaSet.Of(new NodeId(primary))));
        return Map(version, shards, nodes);
    }

    public static ClusterMap Map(ulong version, ShardAssignment[] shards, params FakeNode[] nodes)
    {
        var members = nodes.Select((node, index) => new ClusterNode(
            new NodeId((uint)index + 1), $"fake-{index + 1}", $"127.0.0.1:{node.Port}", "", "", "", 1, Core.Placement.NodeState.Live));
        return new ClusterMap(version, Id, members, shards);
    }

    public static ClientSession Session(ClusterMap map, ulong chunkBytes) => new(
        new SessionId(77),
        new byte[] { 1 },
        long.MaxValue,
        TimeSpan.FromSeconds(30),
        ReadOnly: false,
        new VolumeInfo { Id = Volume.Value, Name = "v", ChunkSizeBytes = chunkBytes, RootInode = PlacementHash.Root(Volume, ShardCount).Value },
        map);
}
