using System.Numerics;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;

namespace SealFs.Client.Fsck;

/// <summary>Data: every chunk belongs to a file and lies below its end, agrees with its sums, and is counted.</summary>
internal sealed partial class VolumeRules
{
    private void CheckChunks()
    {
        foreach (var chunk in picture.Chunks)
        {
            var path = picture.PathOf(chunk.Inode, root);
            if ((chunk.Flags & ScanChunkFlags.NoRecord) != 0)
            {
                Add(FindingKind.UnusedChunkFile, chunk.Inode, path, $"a file of chunk {chunk.Chunk} in shard {chunk.Shard} belongs to nothing");
                continue;
            }

            if ((chunk.Flags & ScanChunkFlags.BadRecord) != 0)
                Add(FindingKind.DamagedChunk, chunk.Inode, path, $"the record of chunk {chunk.Chunk} cannot be read");
            if ((chunk.Flags & ScanChunkFlags.NotRead) != 0)
                Add(FindingKind.ChunkNotChecked, chunk.Inode, path, $"chunk {chunk.Chunk} could not be read as a whole, and not because it is damaged");
            if (chunk.Damaged != 0)
                Add(FindingKind.DamagedChunk, chunk.Inode, path, $"{BitOperations.PopCount(chunk.Damaged)} blocks of 64 KiB of chunk {chunk.Chunk} do not agree with their checksums");
            if (chunk.Lost != 0)
                Add(FindingKind.UnsyncedBytesLost, chunk.Inode, path, $"in {BitOperations.PopCount(chunk.Lost)} blocks of 64 KiB of chunk {chunk.Chunk} bytes were written, never synced, and lost with the power");
            if (!picture.Purging.Contains(chunk.Inode))
                CheckOwner(in chunk, path);
        }
    }

    private void CheckOwner(in ChunkFacts chunk, string path)
    {
        if (!picture.Inodes.TryGetValue(chunk.Inode, out var inode))
            Add(FindingKind.StrayChunk, chunk.Inode, path, $"chunk {chunk.Chunk} belongs to inode {chunk.Inode}, which is not there");
        else if (chunk.Shard != PlacementHash.Chunk(chunk.Inode, chunk.Chunk, shardCount))
            Add(FindingKind.StrayChunk, chunk.Inode, path, $"chunk {chunk.Chunk} is in shard {chunk.Shard}, where nobody looks for it");
        else if (chunk.Blocks != 0 && chunk.Chunk.Value * chunkBytes >= Math.Max(1, inode.SizeBytes))
            Add(FindingKind.ChunkBehindEnd, chunk.Inode, path, $"chunk {chunk.Chunk} lies behind the end at {inode.SizeBytes} bytes", inode.Version);
    }

    private void CheckUsage()
    {
        var counted = new Dictionary<ShardId, (long Bytes, long Inodes)>();
        foreach (var id in picture.Inodes.Keys)
            Count(counted, id.Shard, 0, 1);
        foreach (var (id, length) in picture.Inline)
        {
            // The target of a symbolic link is part of its inode's cost, not of the data.
            if (picture.Inodes.TryGetValue(id, out var inode) && (inode.Mode & InodeAttributes.TypeMask) == InodeAttributes.TypeRegular)
                Count(counted, id.Shard, length, 0);
        }

        foreach (var chunk in picture.Chunks)
            Count(counted, chunk.Shard, chunk.AccountedBytes, 0);
        foreach (var (shard, usage) in picture.Usage)
        {
            var (bytes, inodes) = counted.GetValueOrDefault(shard);
            if (usage.Bytes != bytes || usage.Inodes != inodes)
            {
                // The rows were read after the counters. Two looks that meet the same last effect had a shard at rest between them, and only then agree about this.
                Add(
                    FindingKind.WrongUsage, default, "",
                    $"shard {shard} counts {usage.Bytes - bytes:+0;-0;0} bytes and {usage.Inodes - inodes:+0;-0;0} inodes more than there are",
                    usage.EffectSequence);
            }
        }
    }

    private static void Count(Dictionary<ShardId, (long Bytes, long Inodes)> counted, ShardId shard, long bytes, long inodes)
    {
        var before = counted.GetValueOrDefault(shard);
        counted[shard] = (before.Bytes + bytes, before.Inodes + inodes);
    }
}
