using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions.Operations;

/// <summary>The part of rmdir and of a rename over a directory that has to do with partitions elsewhere.</summary>
internal static class DirectoryRemoval
{
    /// <summary>
    /// After a round with a <see cref="RemoveDirectoryStep"/>: locks every further partition of that directory, which must be empty too. The list cannot
    /// grow meanwhile, since a split needs the directory's lock.
    /// </summary>
    public static async ValueTask<Errno> FreezePartitionsAsync(TransactionAttempt attempt, PreparationRound round, uint shardCount)
    {
        if (round.Find<RemoveDirectoryStep>() is not { Partitions.Count: > 0 } removal)
            return Errno.None;
        var freeze = new PreparationRound();
        foreach (var partition in removal.Partitions)
        {
            var shard = PlacementHash.Partition(removal.Directory, partition, shardCount);
            freeze.Add(shard, new FreezePartitionStep { Directory = removal.Directory, Partition = partition });
        }

        return await attempt.PrepareAsync(freeze);
    }

    /// <summary>An entry whose inode is not there is damage, and not the caller's ENOENT.</summary>
    public static Errno Explain(Errno status) => status is Errno.ENOENT or Errno.ENOTDIR ? Errno.EIO : status;
}
