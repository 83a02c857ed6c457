using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Partitions;

/// <summary>What is in a directory that has no name any more, because a machine lost its power.</summary>
internal static class DirectoryContents
{
    /// <summary>
    /// Stages the removal of all entries of a directory in the mutation's shard, and of what they stand for in that shard. What is to be done in other shards is added to
    /// <paramref name="elsewhere"/>.
    /// </summary>
    public static void Discard(Mutation mutation, InodeId directory, long timeNs, List<DecisionPart> elsewhere)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var first = MetadataKey.Dentry(from, mutation.Shard.Id, mutation.Volume, directory, 0, default);
        using var rows = mutation.Engine.Scan(Table.Metadata, first, MetadataKey.Numbered(end, mutation.Shard.Id, mutation.Volume, (byte)'D', directory.Value + 1));
        while (rows.MoveNext())
        {
            var entry = DentryRow.Decode(rows.Value);
            mutation.Delete(Table.Metadata, rows.Key);
            if (entry.Inode.Shard != mutation.Shard.Id)
                elsewhere.Add(new DecisionPart(entry.Inode.Shard, [PutEntryStep.RemovalOf(entry, timeNs)]));
            else if (mutation.TryGetInode(entry.Inode, out var row))
                Discard(mutation, ref row, timeNs, elsewhere);
        }
    }

    /// <summary>
    /// True while a transaction holds something that <see cref="Discard(Mutation, InodeId, long, List{DecisionPart})"/> would remove from the directory: what it has prepared or
    /// checked must be there when it commits. Not the directory itself.
    /// </summary>
    /// <param name="mutation">In the shard that is looked at.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="alsoShared">Also while entries are added to directories in it, or removed from them.</param>
    public static bool IsLocked(Mutation mutation, InodeId directory, bool alsoShared)
    {
        var locks = mutation.Shard.Locks;
        if (locks.Count == 0)
            return false;
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var first = MetadataKey.Dentry(from, mutation.Shard.Id, mutation.Volume, directory, 0, default);
        using var rows = mutation.Engine.Scan(Table.Metadata, first, MetadataKey.Numbered(end, mutation.Shard.Id, mutation.Volume, (byte)'D', directory.Value + 1));
        while (rows.MoveNext())
        {
            var entry = DentryRow.Decode(rows.Value);
            if (entry.Inode.Shard != mutation.Shard.Id)
                continue;
            if (locks.IsLocked(LockKey.Inode(entry.Inode)))
                return true;
            if (!entry.IsDirectory)
                continue;
            var key = LockKey.Directory(entry.Inode);
            if (locks.IsLocked(key) || locks.IsLocked(LockKey.Parent(entry.Inode)) || (alsoShared && locks.IsShared(key)) || IsLocked(mutation, entry.Inode, alsoShared))
                return true;
        }

        return false;
    }

    /// <summary>The same for the partitions of a directory: their rows in its own shard, and all that is in the others.</summary>
    public static void DiscardPartitions(Mutation mutation, InodeId directory, List<DecisionPart> elsewhere)
    {
        var partitions = new List<PartitionIndex>();
        PartitionList.Read(mutation, directory, partitions);
        PartitionList.Delete(mutation, directory);
        foreach (var partition in partitions)
        {
            var shard = PlacementHash.Partition(directory, partition, mutation.Shard.Node.ShardCount);
            if (shard != mutation.Shard.Id)
                elsewhere.Add(new DecisionPart(shard, [new FreezePartitionStep { Directory = directory, Partition = partition }]));
        }
    }

    private static void Discard(Mutation mutation, ref InodeRow row, long timeNs, List<DecisionPart> elsewhere)
    {
        if (!row.IsDirectory)
        {
            InodeLinks.Drop(mutation, ref row, timeNs);
            return;
        }

        Discard(mutation, row.Id, timeNs, elsewhere);
        if (row.IsSplit)
            DiscardPartitions(mutation, row.Id, elsewhere);
        InodeLinks.Delete(mutation, in row);
    }
}
