using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>The end of inodes that had no name left.</summary>
internal static class Orphans
{
    /// <summary>
    /// With the gate held, after a session has closed an inode: an orphan that none has open any more is deleted. While others have, its row is to name them alone: it is read where the shard
    /// is opened next, and who has closed once says nothing there.
    /// </summary>
    public static void Closed(Shard shard, InodeId inode)
    {
        if (shard.Orphans.Count == 0 || !shard.Orphans.TryGetValue(inode, out var volume))
            return;
        var mutation = shard.Begin(volume);
        if (shard.Opens.IsOpen(inode))
        {
            if (OrphanRow.StageIfChanged(mutation, inode))
                mutation.Commit();
            return;
        }

        if (mutation.TryGetInode(inode, out var row))
            InodeLinks.Delete(mutation, in row);
        else
            OrphanRow.Remove(mutation, inode);
        mutation.Commit();
        shard.Node.Contents.Removed();
    }
}
