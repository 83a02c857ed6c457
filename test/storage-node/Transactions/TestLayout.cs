using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>Where the nodes of a test cluster are and who owns which shard: known to every process of the test from the directory alone.</summary>
internal sealed record TestLayout(string Directory, int Nodes, uint Shards, ulong SplitThreshold)
{
    public static readonly VolumeId Volume = new(7);

    /// <summary>A private key on P-256 (PKCS#8) that is used nowhere else.</summary>
    public static readonly byte[] TokenKey = Convert.FromBase64String(
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKM55Fd8zWuu0oQLLIAY51GhRTmqS2Tzi0MMjwtWHiQOhRANCAAQ9"
        + "K5nIx5VXVs+d8au8qs6Nrjv/bmJKOs+1syuihLOUvnhOJ2BzcQBOt145z/TuWjY/kH9K32Hhb/SRyx94E+JM");

    public IEnumerable<NodeId> NodeIds => Enumerable.Range(1, Nodes).Select(id => new NodeId((uint)id));

    public InodeId Root => PlacementHash.Root(Volume, Shards);

    public string StorePath(NodeId node) => Path.Combine(Directory, $"node{node}");

    public string SocketPath(NodeId node) => Path.Combine(Directory, $"{node}.sock");

    public NodeId OwnerOf(ShardId shard) => new(1 + (shard.Value % (uint)Nodes));

    public ClusterMap Map()
    {
        // Only the Unix sockets are used: nothing listens on the addresses.
        var nodes = NodeIds.Select(id => new ClusterNode(id, $"n{id}", "127.0.0.1:1", SocketPath(id), "here", "", 1, NodeState.Live));
        var shards = new ShardAssignment[Shards];
        for (var shard = 0u; shard < Shards; shard++)
            shards[shard] = new ShardAssignment(new Epoch(1), ReplicaSet.Of(OwnerOf(new ShardId(shard))));
        return new ClusterMap(1, new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), nodes, shards);
    }
}
