using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.Manager.Balance;

/// <summary>What a plan starts from. Moves that have been decided count as made.</summary>
internal sealed record PlacementSnapshot
{
    public required IReadOnlyList<PlacementNode> Nodes { get; init; }

    /// <summary>Who holds each shard, or will when the moves that there are are made.</summary>
    public required ReplicaSet[] Holders { get; init; }

    public required int Copies { get; init; }

    /// <summary>Shards that are being moved or wait for it: they are left alone.</summary>
    public IReadOnlySet<ShardId> Moving { get; init; } = new HashSet<ShardId>();

    /// <summary>Shards whose place somebody chose.</summary>
    public IReadOnlySet<ShardId> Pinned { get; init; } = new HashSet<ShardId>();

    /// <summary>Bytes in each shard; empty when nothing is known.</summary>
    public ulong[] Bytes { get; init; } = [];

    /// <summary>Requests a second to each shard; empty when nothing is known.</summary>
    public double[] Load { get; init; } = [];

    /// <summary>What moves that have been decided will still bring to nodes.</summary>
    public IReadOnlyDictionary<NodeId, double> Promised { get; init; } = new Dictionary<NodeId, double>();

    public ulong BytesOf(int shard) => Bytes.Length == 0 ? 0 : Bytes[shard];
}
