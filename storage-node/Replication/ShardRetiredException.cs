using SealFs.Core;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// This node serves the shard no more: nothing can be committed to it. Whoever asked is told WrongEpoch and goes to the new owner; work in the background lets go, because the new owner takes
/// it up from the rows.
/// </summary>
public sealed class ShardRetiredException(ShardId shard, Epoch epoch) : Exception($"Shard {shard} is not served here any more in epoch {epoch}.");
