using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>The end of inodes that had no name left.</summary>
internal static class Orphans
{
    /// <summary>With the gate held: deletes an orphan that no session has open any more.</summary>
    public static void PurgeIfClosed(Shard shard, InodeId inode)
    {
        if (shard.Orphans.Count == 0 || shard.Opens.IsOpen(inode) || !shard.Orphans.TryGetValue(inode, out var volume))
            return;
        var mutation = shard.Begin(volume);
        if (mutation.TryGetInode(inode, out var row))
            InodeLinks.Delete(mutation, in row);
        else
            OrphanRow.Remove(mutation, inode);
        mutation.Commit();
        shard.Node.Contents.Removed();
    }
}
