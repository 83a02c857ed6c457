using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Partitions;

/// <summary>How a transaction comes to a name: the directory must be there, the partition must be the name's, and the locks must be free.</summary>
internal static class EntryAccess
{
    /// <summary>
    /// Locks the name alone and the directory together with others. ENOENT and ENOTDIR of the directory; WrongPartition with the depth in the scope's
    /// hint; Busy when somebody else has a lock.
    /// </summary>
    public static Errno Enter(StepScope scope, InodeId directory, PartitionIndex partition, ReadOnlySpan<byte> name)
    {
        var found = Find(scope, directory, partition, name);
        if (found != Errno.None)
            return found;
        return scope.Share(LockKey.Directory(directory)) && scope.Lock(LockKey.Dentry(directory, name)) ? Errno.None : Errno.Busy;
    }

    private static Errno Find(StepScope scope, InodeId directory, PartitionIndex partition, ReadOnlySpan<byte> name)
    {
        if (partition.Value == 0)
        {
            // A directory that was removed while somebody has it open takes no entries any more.
            var status = RootDirectory.Get(scope.Mutation, directory, out var row);
            if (status != Errno.None || row.Attributes.LinkCount == 0)
                return status == Errno.Busy || scope.Shard.Locks.IsLocked(LockKey.Inode(directory)) ? Errno.Busy : Errno.ENOENT;
            if (!row.IsDirectory)
                return Errno.ENOTDIR;
            if (!row.IsSplit)
                return Errno.None;
        }

        if (!scope.Mutation.TryGetPartition(directory, partition, out var part) || part.State == PartitionState.Elsewhere)
            return WrongPartition(scope, 0);
        if (part.State == PartitionState.Filling)
            return Errno.Busy;
        return DirectoryPosition.Belongs(PlacementHash.Name(name), partition, part.Depth) ? Errno.None : WrongPartition(scope, part.Depth);
    }

    private static Errno WrongPartition(StepScope scope, byte depth)
    {
        scope.HintDepth = depth;
        return Errno.WrongPartition;
    }
}
