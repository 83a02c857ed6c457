using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Takes a name out of a directory. What it stood for is the result.
/// <code>0 u64 directory   8 u32 partition   12 i64 time ns   20 u64 inode (result)   28 u32 mode (result)   32 u16 length + bytes name</code>
/// </summary>
internal sealed class RemoveEntryStep : TransactionStep
{
    public required InodeId Directory { get; init; }

    public required PartitionIndex Partition { get; init; }

    public required byte[] Name { get; init; }

    public required long TimeNs { get; init; }

    /// <summary>What the name stands for gets another one. Only asked of the coordinator's own step, which is not logged.</summary>
    public bool IsMove { get; init; }

    /// <summary>What the name stands for.</summary>
    public DentryRow Entry { get; private set; }

    public override StepKind Kind => StepKind.RemoveEntry;

    public override int Size => 34 + Name.Length;

    public override Errno Prepare(StepScope scope)
    {
        var entered = EntryAccess.Enter(scope, Directory, Partition, Name);
        if (entered != Errno.None)
            return entered;
        if (!scope.Mutation.TryGetDentry(Directory, Name, out var found))
            return Errno.ENOENT;
        if (IsMove && scope.IsNew(Directory))
            return Errno.Busy;
        Entry = found;
        return Errno.None;
    }

    public override void Apply(Mutation mutation)
    {
        mutation.DeleteDentry(Directory, Name);
        DirectoryChange.Entries(mutation, Directory, Partition, -1, Entry.IsDirectory ? -1 : 0, TimeNs);
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.I64(TimeNs);
        writer.Inode(Entry.Inode);
        writer.U32(Entry.Mode);
        writer.Bytes16(Name);
    }

    public static RemoveEntryStep Read(ref WireReader reader)
    {
        var directory = reader.Inode();
        var partition = new PartitionIndex(reader.U32());
        var timeNs = reader.I64();
        var entry = new DentryRow(reader.Inode(), reader.U32());
        return new RemoveEntryStep { Directory = directory, Partition = partition, TimeNs = timeNs, Entry = entry, Name = reader.Bytes16().ToArray() };
    }
}
