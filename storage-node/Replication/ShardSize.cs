using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>About how many bytes a shard takes: what the engine says of its rows, and the accounted data.</summary>
internal static class ShardSize
{
    public static ulong Of(NodeContext node, ShardId shard)
    {
        byte[] from = CopyRows.Begin(shard);
        byte[] end = CopyRows.End(shard);

        // Inline content is counted with the data.
        var rows = node.Engine.ApproximateBytes(Table.Metadata, from, end) + node.Engine.ApproximateBytes(Table.Chunks, from, end);
        return rows + (ulong)Math.Max(0, node.UsedBytesOf(shard));
    }
}
