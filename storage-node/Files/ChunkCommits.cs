using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>Storing what a change does to a chunk's record, its usage, and for chunk 0 the inode's space.</summary>
internal static class ChunkCommits
{
    /// <summary>With the gate held. Takes the change back in memory when it cannot be stored.</summary>
    public static void Commit(Mutation mutation, Chunk chunk, in ChunkChange change, InodeId inode)
    {
        ShardChunkRecords.Stage(mutation, chunk, in change);
        AddAllocated(mutation, chunk, change.AccountedDelta, inode);
        try
        {
            mutation.Commit();
        }
        catch
        {
            chunk.TakeBack(in change);
            throw;
        }
    }

    /// <summary>The disk refused what was recorded: gives back what can be given back, and records that.</summary>
    public static void RollBack(Shard shard, VolumeId volume, Chunk chunk, in ChunkChange change)
    {
        var delta = chunk.RollBack(in change);
        using (shard.Enter())
        {
            var mutation = shard.Begin(volume);
            Commit(mutation, chunk, change with { RecordChanged = true, AccountedDelta = delta }, chunk.Key.Inode);
        }
    }

    private static void AddAllocated(Mutation mutation, Chunk chunk, long delta, InodeId inode)
    {
        if (delta == 0 || chunk.Key.Chunk.Value != 0 || !mutation.TryGetInode(inode, out var row))
            return;
        row.Attributes.AllocatedBytes = (ulong)Math.Max(0, (long)row.Attributes.AllocatedBytes + delta);
        row.Attributes.Flags &= ~InodeFlags.Inline;
        mutation.PutInode(in row);
    }
}
