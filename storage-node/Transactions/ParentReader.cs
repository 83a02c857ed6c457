using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <summary>Reads a directory's parent for the walk that prevents loops.</summary>
internal static class ParentReader
{
    /// <summary>ENOENT when there is no such directory; Busy while a transaction is giving it another parent or removing it.</summary>
    public static Errno Read(Shard shard, VolumeId volume, InodeId directory, out InodeId parent)
    {
        using var gate = shard.Enter();
        return ReadInGate(shard, volume, directory, out parent);
    }

    /// <summary>The same for a caller that holds the gate.</summary>
    public static Errno ReadInGate(Shard shard, VolumeId volume, InodeId directory, out InodeId parent)
    {
        parent = default;
        if (shard.Locks.IsLocked(LockKey.Parent(directory)) || shard.Locks.IsLocked(LockKey.Inode(directory)))
            return Errno.Busy;
        if (!shard.Begin(volume).TryGetInode(directory, out var row) || row.Attributes.LinkCount == 0)
            return Errno.ENOENT;
        if (!row.IsDirectory)
            return Errno.ENOTDIR;
        parent = row.Parent;
        return Errno.None;
    }
}
