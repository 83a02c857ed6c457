using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>A transaction across shards: the shard that coordinates it, and a number that is never reused there.</summary>
public readonly record struct TransactionId(ShardId Coordinator, ulong Number)
{
    public override string ToString() => $"{Coordinator}/{Number}";
}
