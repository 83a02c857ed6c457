using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// The half of a split in the partition that is split: it keeps the names whose next bit is 0. Only ever the coordinator's own step, so that it is never
/// logged. While it is prepared nothing in the directory changes here; the partition's rows stay as they are until the decision.
/// <code>0 u64 directory   8 u32 partition   12 u8 depth before (result)   13 u64 entries that leave   21 u8 (0 or 1) they stay in this shard</code>
/// </summary>
internal sealed class NarrowPartitionStep : TransactionStep
{
    public required InodeId Directory { get; init; }

    public required PartitionIndex Partition { get; init; }

    /// <summary>Depth before the split.</summary>
    public byte Depth { get; private set; }

    /// <summary>Entries there are before the split.</summary>
    public ulong EntryCount { get; private set; }

    /// <summary>Entries of the other half; counted while they were copied.</summary>
    public ulong LeavingCount { get; set; }

    /// <summary>The other half lives in the same shard: its rows have the same keys already.</summary>
    public bool StaysHere { get; set; }

    public PartitionIndex Child => DirectoryPartitions.Child(Partition, Depth);

    public override StepKind Kind => StepKind.NarrowPartition;

    public override int Size => 22;

    public override Errno Prepare(StepScope scope)
    {
        // From here on names come to other shards, which know of no lease, and not whether the directory's own name is certain.
        if (!scope.MayAdd(Directory) || scope.IsNew(Directory) || !scope.Lock(LockKey.Directory(Directory)))
            return Errno.Busy;
        if (scope.Mutation.TryGetPartition(Directory, Partition, out var part))
        {
            Depth = part.Depth;
            EntryCount = part.EntryCount;
            return part.State == PartitionState.Serving && Depth < DirectoryPartitions.MaxDepth ? Errno.None : Errno.ENOENT;
        }

        if (Partition.Value != 0 || !scope.Mutation.TryGetInode(Directory, out var row) || !row.IsDirectory || row.Attributes.LinkCount == 0)
            return Errno.ENOENT;
        Depth = 0;
        EntryCount = row.EntryCount;
        return Errno.None;
    }

    public override void Apply(Mutation mutation)
    {
        if (!mutation.TryGetPartition(Directory, Partition, out var part))
            part = FirstSplit(mutation);
        part.Depth = (byte)(Depth + 1);
        part.EntryCount -= Math.Min(part.EntryCount, LeavingCount);
        mutation.PutPartition(Directory, Partition, in part);
        if (!StaysHere)
            DentryRange.Delete(mutation, Directory, Child, Depth + 1);
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.U8(Depth);
        writer.U64(LeavingCount);
        writer.Bool(StaysHere);
    }

    public static NarrowPartitionStep Read(ref WireReader reader) => new()
    {
        Directory = reader.Inode(),
        Partition = new PartitionIndex(reader.U32()),
        Depth = reader.U8(),
        LeavingCount = reader.U64(),
        StaysHere = reader.Bool(),
    };

    /// <summary>From here on the directory's counts and times are kept in partition rows; its inode keeps those of this moment.</summary>
    private PartitionRow FirstSplit(Mutation mutation)
    {
        mutation.TryGetInode(Directory, out var row);
        row.Attributes.Flags |= InodeFlags.Split;
        mutation.PutInode(in row);
        return new PartitionRow { State = PartitionState.Serving, EntryCount = row.EntryCount };
    }
}
