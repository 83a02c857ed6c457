using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Takes one name from a file; with the last one the inode goes, or becomes an orphan while somebody has it open.
/// <code>0 u64 inode   8 i64 time ns</code>
/// </summary>
internal sealed class DropLinkStep : TransactionStep
{
    public required InodeId Inode { get; init; }

    public required long TimeNs { get; init; }

    public override StepKind Kind => StepKind.DropLink;

    public override int Size => 16;

    public override Errno Prepare(StepScope scope)
    {
        if (!scope.Lock(LockKey.Inode(Inode)))
            return Errno.Busy;
        return scope.Mutation.TryGetInode(Inode, out _) ? Errno.None : Errno.EIO;
    }

    public override void Apply(Mutation mutation)
    {
        mutation.TryGetInode(Inode, out var row);
        InodeLinks.Drop(mutation, ref row, TimeNs);
    }

    public override Errno Follow(Mutation mutation, List<DecisionPart> elsewhere)
    {
        if (mutation.Shard.Locks.IsLocked(LockKey.Inode(Inode)))
            return Errno.Busy;
        if (mutation.TryGetInode(Inode, out var row) && row.Attributes.LinkCount > 0)
            InodeLinks.Drop(mutation, ref row, TimeNs);
        return Errno.None;
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.I64(TimeNs);
    }

    public static DropLinkStep Read(ref WireReader reader) => new() { Inode = reader.Inode(), TimeNs = reader.I64() };
}
