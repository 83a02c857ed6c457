using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.Fsck;

/// <summary>What a check needs to know of an inode.</summary>
internal readonly record struct InodeFacts(
    uint Mode, uint LinkCount, InodeFlags Flags, ulong SizeBytes, ulong Version, uint InlineLength, InodeId Parent, ulong Entries)
{
    public bool IsDirectory => (Mode & InodeAttributes.TypeMask) == InodeAttributes.TypeDirectory;

    public bool IsSplit => (Flags & InodeFlags.Split) != 0;

    public static InodeFacts Of(in ScanRow row) => new(
        row.Attributes.Mode, row.Attributes.LinkCount, row.Attributes.Flags, row.Attributes.SizeBytes, row.Attributes.Version,
        row.InlineLength, row.Directory, row.Entries);
}

/// <summary>A name, and the shard it was found in.</summary>
internal readonly record struct EntryFacts(ShardId Shard, InodeId Directory, InodeId Inode, uint Mode, byte[] Name);

/// <summary>A partition of a split directory, where its entries are.</summary>
internal readonly record struct PartitionFacts(PartitionIndex Partition, byte Depth, byte State, ulong Entries, long Subdirectories);

/// <summary>A chunk's record.</summary>
internal readonly record struct ChunkFacts(ShardId Shard, InodeId Inode, ChunkIndex Chunk, uint AccountedBytes, ulong Blocks, ulong Damaged, ulong Lost, ScanChunkFlags Flags);
