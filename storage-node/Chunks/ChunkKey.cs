using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Names one chunk on this node. The shard is the one that the chunk is placed in, which for chunk 0 is the inode's own.</summary>
public readonly record struct ChunkKey(ShardId Shard, VolumeId Volume, InodeId Inode, ChunkIndex Chunk)
{
    /// <summary>
    /// Which of the chunk's files, for a call of a store; 0 everywhere else. A chunk that is removed and written again gets another file: the old one
    /// stays until the removal is on stable storage, and must never be taken for the new one.
    /// </summary>
    public uint Generation { get; init; }

    public override int GetHashCode() =>
        (int)((((Inode.Value * 0x9E3779B97F4A7C15) ^ Chunk.Value) * 0xD6E8FEB86659FD93) >> 32) ^ (int)Volume.Value;

    public override string ToString() => $"volume {Volume} shard {Shard} inode {Inode} chunk {Chunk}";
}
