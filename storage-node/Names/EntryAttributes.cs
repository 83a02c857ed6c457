using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>The attributes that go along with an entry.</summary>
internal static class EntryAttributes
{
    /// <summary>
    /// Complete when the inode is in this shard and not a split directory; otherwise inode and type alone. EIO when a dentry names an inode that this shard
    /// should have and has not: only a fault can leave such an entry behind.
    /// </summary>
    public static Errno Get(Mutation mutation, DentryRow dentry, out bool complete, out InodeAttributes attributes)
    {
        complete = false;
        attributes = new InodeAttributes { Inode = dentry.Inode, Mode = dentry.Mode };
        if (dentry.Inode.Shard != mutation.Shard.Id)
            return Errno.None;
        if (!mutation.TryGetInode(dentry.Inode, out var row))
            return Errno.EIO;
        attributes = row.Attributes;
        complete = !row.IsSplit;
        return Errno.None;
    }
}
