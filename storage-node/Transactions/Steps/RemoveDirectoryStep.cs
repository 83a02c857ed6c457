using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Removes a directory's inode, if the directory is empty here. While it is prepared nothing can be added. The result names the partitions elsewhere:
/// the coordinator freezes each of them in the same transaction.
/// <code>0 u64 directory   8 i64 time ns   16 u32 partition … (result)</code>
/// </summary>
internal sealed class RemoveDirectoryStep : TransactionStep
{
    public required InodeId Directory { get; init; }

    public required long TimeNs { get; init; }

    /// <summary>Partitions above 0, wherever they live.</summary>
    public List<PartitionIndex> Partitions { get; } = [];

    public override StepKind Kind => StepKind.RemoveDirectory;

    public override int Size => 16 + (4 * Partitions.Count);

    public override Errno Prepare(StepScope scope)
    {
        if (!scope.Mutation.TryGetInode(Directory, out var row))
            return scope.MissingDirectory(Errno.ENOENT);
        if (!row.IsDirectory)
            return Errno.ENOTDIR;
        // What is not empty is refused before any lock is asked for: renaming a/b over a holds a's own lock already.
        if (!IsEmptyHere(scope.Mutation, in row))
            return Errno.ENOTEMPTY;
        if (!scope.Lock(LockKey.Directory(Directory)) || !scope.Lock(LockKey.Inode(Directory)))
            return Errno.Busy;
        Partitions.Clear();
        if (row.IsSplit)
            PartitionList.Read(scope.Mutation, Directory, Partitions);
        return Partitions.Count > Limits.PartitionsOfRemoved ? Errno.ENOTEMPTY : Errno.None;
    }

    public override void Apply(Mutation mutation)
    {
        mutation.TryGetInode(Directory, out var row);
        if (row.IsSplit)
            PartitionList.Delete(mutation, Directory);
        if (!mutation.Shard.Opens.IsOpen(Directory))
        {
            InodeLinks.Delete(mutation, in row);
            return;
        }

        row.Attributes.LinkCount = 0;
        row.Attributes.Flags = (row.Attributes.Flags | InodeFlags.Orphan) & ~InodeFlags.Split;
        row.Changed(TimeNs);
        mutation.PutInode(in row);
        OrphanRow.Stage(mutation, Directory);
    }

    /// <summary>
    /// It was empty when it was removed. What is in it now was removed before that, by operations that were lost together with the preparation, or made since: all of it goes.
    /// </summary>
    public override Errno Follow(Mutation mutation, List<DecisionPart> elsewhere)
    {
        var locks = mutation.Shard.Locks;
        if (locks.IsLocked(LockKey.Inode(Directory)) || locks.IsLocked(LockKey.Directory(Directory)) || locks.IsShared(LockKey.Directory(Directory)))
            return Errno.Busy;
        if (DirectoryContents.IsLocked(mutation, Directory, alsoShared: true))
            return Errno.Busy;
        if (!mutation.TryGetInode(Directory, out var row) || row.Attributes.LinkCount == 0)
            return Errno.None;
        DirectoryContents.Discard(mutation, Directory, TimeNs, elsewhere);
        if (row.IsSplit)
            DirectoryContents.DiscardPartitions(mutation, Directory, elsewhere);
        Apply(mutation);
        return Errno.None;
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.I64(TimeNs);
        foreach (var partition in Partitions)
            writer.U32(partition.Value);
    }

    public static RemoveDirectoryStep Read(ref WireReader reader)
    {
        var step = new RemoveDirectoryStep { Directory = reader.Inode(), TimeNs = reader.I64() };
        while (reader.Remaining > 0)
            step.Partitions.Add(new PartitionIndex(reader.U32()));
        return step;
    }

    private bool IsEmptyHere(Mutation mutation, in InodeRow row)
    {
        if (!row.IsSplit)
            return row.EntryCount == 0;
        return mutation.TryGetPartition(Directory, default, out var partition) && partition.EntryCount == 0;
    }
}
