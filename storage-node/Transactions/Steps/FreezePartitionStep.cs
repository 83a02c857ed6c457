using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Removes one empty partition above 0 of a directory that is being removed.
/// <code>0 u64 directory   8 u32 partition</code>
/// </summary>
internal sealed class FreezePartitionStep : TransactionStep
{
    public required InodeId Directory { get; init; }

    public required PartitionIndex Partition { get; init; }

    public override StepKind Kind => StepKind.FreezePartition;

    public override int Size => 12;

    public override Errno Prepare(StepScope scope)
    {
        // The list of partitions was read under the directory's lock, so that a partition which is not here yet is one whose split is being applied.
        if (!scope.Mutation.TryGetPartition(Directory, Partition, out var row) || row.State != PartitionState.Serving)
            return Errno.Busy;
        if (row.EntryCount != 0)
            return Errno.ENOTEMPTY;
        return scope.Lock(LockKey.Directory(Directory)) ? Errno.None : Errno.Busy;
    }

    public override void Apply(Mutation mutation) => mutation.DeletePartition(Directory, Partition);

    /// <summary>As for the directory itself: what is in it now was removed, or made where nobody finds it.</summary>
    public override Errno Follow(Mutation mutation, List<DecisionPart> elsewhere)
    {
        var locks = mutation.Shard.Locks;
        if (locks.IsLocked(LockKey.Directory(Directory)) || locks.IsShared(LockKey.Directory(Directory)))
            return Errno.Busy;
        if (DirectoryContents.IsLocked(mutation, Directory, alsoShared: true))
            return Errno.Busy;
        if (!mutation.TryGetPartition(Directory, Partition, out _))
            return Errno.None;
        DirectoryContents.Discard(mutation, Directory, mutation.Shard.Node.NowNs, elsewhere);
        Apply(mutation);
        return Errno.None;
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
    }

    public static FreezePartitionStep Read(ref WireReader reader) =>
        new() { Directory = reader.Inode(), Partition = new PartitionIndex(reader.U32()) };
}
