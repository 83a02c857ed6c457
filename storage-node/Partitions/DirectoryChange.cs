using SealFs.Core;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Partitions;

/// <summary>
/// What an entry that comes or goes changes in its directory: counts, size and times, in the directory's inode while it has one partition, and in
/// the partition's row, as a part that getattr adds up, once it is split.
/// </summary>
internal static class DirectoryChange
{
    /// <param name="mutation">In the shard of the partition.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="partition">The partition that holds the entry.</param>
    /// <param name="entries">Entries that came, less those that went.</param>
    /// <param name="subdirectories">The same of those that are directories.</param>
    /// <param name="timeNs">When.</param>
    /// <returns>Entries of the partition afterwards.</returns>
    public static ulong Entries(Mutation mutation, InodeId directory, PartitionIndex partition, int entries, int subdirectories, long timeNs)
    {
        if (mutation.TryGetPartition(directory, partition, out var part))
        {
            part.EntriesChanged(entries, subdirectories, timeNs);
            mutation.PutPartition(directory, partition, in part);
            return part.EntryCount;
        }

        if (RootDirectory.Get(mutation, directory, out var row) == Errno.None)
        {
            row.EntriesChanged(entries, subdirectories, timeNs);
            mutation.PutInode(in row);
        }

        return row.EntryCount;
    }
}
