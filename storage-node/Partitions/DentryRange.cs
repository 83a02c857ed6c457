using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Partitions;

/// <summary>The dentries of one partition: one range of positions, and so of keys.</summary>
internal static class DentryRange
{
    /// <summary>The first position of a partition's range.</summary>
    public static ulong StartOf(PartitionIndex partition, int depth) => depth == 0 ? 0 : DirectoryPosition.EndOfRange(partition, depth) - (1UL << (63 - depth));

    /// <summary>Stages the removal of all dentries of a partition in the mutation's shard.</summary>
    public static void Delete(Mutation mutation, InodeId directory, PartitionIndex partition, int depth)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        mutation.DeleteRange(
            Table.Metadata,
            MetadataKey.Dentry(from, mutation.Shard.Id, mutation.Volume, directory, StartOf(partition, depth), default),
            MetadataKey.Dentry(end, mutation.Shard.Id, mutation.Volume, directory, DirectoryPosition.EndOfRange(partition, depth), default));
    }
}
