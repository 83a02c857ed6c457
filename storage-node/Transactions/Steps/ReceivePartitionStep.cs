using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// The half of a split in the shard that gets the other half: makes the partition, which serves nothing before the decision. Its entries come in further
/// rounds; the last of them brings the count. An abort removes everything again.
/// <code>0 u64 directory   8 u32 partition   12 u8 depth   13 u64 entries   21 u8 (0 or 1) last: the partition itself was made in an earlier round</code>
/// </summary>
internal sealed class ReceivePartitionStep : TransactionStep
{
    public required InodeId Directory { get; init; }

    public required PartitionIndex Partition { get; init; }

    /// <summary>With which it starts.</summary>
    public required byte Depth { get; init; }

    public ulong EntryCount { get; init; }

    public bool IsLast { get; init; }

    public override StepKind Kind => StepKind.ReceivePartition;

    public override int Size => 22;

    public override Errno Prepare(StepScope scope)
    {
        if (IsLast)
            return Errno.None;
        // Shared: the directory's own shard must not remove the directory meanwhile.
        if (!scope.Share(LockKey.Directory(Directory)))
            return Errno.Busy;
        // One that is being filled belongs to an earlier try, whose abort has not come through yet.
        if (scope.Mutation.TryGetPartition(Directory, Partition, out var present))
            return present.State == PartitionState.Filling ? Errno.Busy : Errno.EEXIST;
        scope.Mutation.PutPartition(Directory, Partition, new PartitionRow { Depth = Depth, State = PartitionState.Filling });
        return Errno.None;
    }

    public override void Apply(Mutation mutation)
    {
        if (IsLast)
            mutation.PutPartition(Directory, Partition, new PartitionRow { Depth = Depth, State = PartitionState.Serving, EntryCount = EntryCount });
    }

    public override void Undo(Mutation mutation)
    {
        if (IsLast)
            return;
        mutation.DeletePartition(Directory, Partition);
        DentryRange.Delete(mutation, Directory, Partition, Depth);
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.U8(Depth);
        writer.U64(EntryCount);
        writer.Bool(IsLast);
    }

    public static ReceivePartitionStep Read(ref WireReader reader) => new()
    {
        Directory = reader.Inode(),
        Partition = new PartitionIndex(reader.U32()),
        Depth = reader.U8(),
        EntryCount = reader.U64(),
        IsLast = reader.Bool(),
    };
}
