using System.Buffers.Binary;
using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Partitions;

/// <summary>
/// Which partitions a split directory has: its own shard keeps a partition row for each of them, the real one for those that live here, and for the others
/// one of which only the key counts. With the shard's gate held.
/// </summary>
internal static class PartitionList
{
    /// <summary>Adds every partition above 0 to the list.</summary>
    public static void Read(Mutation mutation, InodeId directory, List<PartitionIndex> target)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var first = MetadataKey.Partition(from, mutation.Shard.Id, mutation.Volume, directory, new PartitionIndex(1));
        using var rows = mutation.Engine.Scan(Table.Metadata, first, End(end, mutation, directory));
        while (rows.MoveNext())
            target.Add(new PartitionIndex(BinaryPrimitives.ReadUInt32BigEndian(rows.Key[^sizeof(uint)..])));
    }

    /// <summary>Stages the removal of all partition rows of a directory in its own shard.</summary>
    public static void Delete(Mutation mutation, InodeId directory)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var first = MetadataKey.Partition(from, mutation.Shard.Id, mutation.Volume, directory, default);
        mutation.DeleteRange(Table.Metadata, first, End(end, mutation, directory));
    }

    /// <summary>The key behind all partition rows of a directory.</summary>
    public static ReadOnlySpan<byte> End(Span<byte> buffer, Mutation mutation, InodeId directory) =>
        MetadataKey.Numbered(buffer, mutation.Shard.Id, mutation.Volume, (byte)'P', directory.Value + 1);
}
