using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Partitions;

/// <summary>What the partitions of one directory in one shard count together.</summary>
internal static class PartitionSum
{
    /// <summary>With the gate held.</summary>
    public static PartitionStatReply Of(Shard shard, VolumeId volume, InodeId directory)
    {
        var mutation = shard.Begin(volume);
        var entries = 0UL;
        var subdirectories = 0L;
        var modifyTimeNs = 0L;
        var changeTimeNs = 0L;
        var version = 0UL;
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var first = MetadataKey.Partition(from, shard.Id, volume, directory, default);
        using var rows = shard.Node.Engine.Scan(Table.Metadata, first, PartitionList.End(end, mutation, directory));
        while (rows.MoveNext())
        {
            var row = PartitionRow.Decode(rows.Value);
            if (row.State != PartitionState.Serving)
                continue;
            entries += row.EntryCount;
            subdirectories += row.Subdirectories;
            modifyTimeNs = Math.Max(modifyTimeNs, row.ModifyTimeNs);
            changeTimeNs = Math.Max(changeTimeNs, row.ChangeTimeNs);
            version += row.Changes;
        }

        return new PartitionStatReply(entries, subdirectories, modifyTimeNs, changeTimeNs, version);
    }
}
