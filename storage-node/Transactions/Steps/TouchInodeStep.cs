using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Sets the change time of an inode whose name changed, as ext4 does. Needs no lock: the time only goes forward.
/// <code>0 u64 inode   8 i64 time ns</code>
/// </summary>
internal sealed class TouchInodeStep : TransactionStep
{
    public required InodeId Inode { get; init; }

    public required long TimeNs { get; init; }

    public override StepKind Kind => StepKind.TouchInode;

    public override int Size => 16;

    public override Errno Prepare(StepScope scope) => Errno.None;

    public override void Apply(Mutation mutation)
    {
        if (!mutation.TryGetInode(Inode, out var row))
            return;
        row.Changed(TimeNs);
        mutation.PutInode(in row);
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.I64(TimeNs);
    }

    public static TouchInodeStep Read(ref WireReader reader) => new() { Inode = reader.Inode(), TimeNs = reader.I64() };
}
