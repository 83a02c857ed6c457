using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Gives a directory another parent. Readers of the parent (the walk that prevents loops) meet the lock; everything inside the directory goes on.
/// <code>0 u64 directory   8 u64 new parent   16 i64 time ns</code>
/// </summary>
internal sealed class SetParentStep : TransactionStep
{
    public required InodeId Directory { get; init; }

    public required InodeId NewParent { get; init; }

    public required long TimeNs { get; init; }

    public override StepKind Kind => StepKind.SetParent;

    public override int Size => 24;

    public override Errno Prepare(StepScope scope)
    {
        if (!scope.Lock(LockKey.Parent(Directory)))
            return Errno.Busy;
        return scope.Mutation.TryGetInode(Directory, out _) ? Errno.None : scope.MissingDirectory(Errno.EIO);
    }

    public override void Apply(Mutation mutation)
    {
        mutation.TryGetInode(Directory, out var row);
        row.Parent = NewParent;
        row.Changed(TimeNs);
        mutation.PutInode(in row);
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.Inode(NewParent);
        writer.I64(TimeNs);
    }

    public static SetParentStep Read(ref WireReader reader) =>
        new() { Directory = reader.Inode(), NewParent = reader.Inode(), TimeNs = reader.I64() };
}
