using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Tells a directory's own shard that it has one more partition, which lives in another shard.
/// <code>0 u64 directory   8 u32 partition</code>
/// </summary>
internal sealed class ListPartitionStep : TransactionStep
{
    public required InodeId Directory { get; init; }

    public required PartitionIndex Partition { get; init; }

    public override StepKind Kind => StepKind.ListPartition;

    public override int Size => 12;

    public override Errno Prepare(StepScope scope) => scope.Share(LockKey.Directory(Directory)) ? Errno.None : Errno.Busy;

    public override void Apply(Mutation mutation) =>
        mutation.PutPartition(Directory, Partition, new PartitionRow { State = PartitionState.Elsewhere });

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
    }

    public static ListPartitionStep Read(ref WireReader reader) =>
        new() { Directory = reader.Inode(), Partition = new PartitionIndex(reader.U32()) };
}
