using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Gives one more name to a file.
/// <code>0 u64 inode   8 i64 time ns   16 88 bytes attributes with that name (result)</code>
/// </summary>
internal sealed class AddLinkStep : TransactionStep
{
    public required InodeId Inode { get; init; }

    public required long TimeNs { get; init; }

    /// <summary>The file as it will be.</summary>
    public InodeAttributes Attributes { get; private set; }

    public override StepKind Kind => StepKind.AddLink;

    public override int Size => 16 + InodeAttributes.WireSize;

    public override Errno Prepare(StepScope scope)
    {
        if (!scope.Lock(LockKey.Inode(Inode)))
            return Errno.Busy;
        // An orphan has lost its last name already: ext4 refuses to give it a new one.
        if (!scope.Mutation.TryGetInode(Inode, out var row) || row.Attributes.LinkCount == 0)
            return Errno.ENOENT;
        if (row.IsDirectory)
            return Errno.EPERM;
        if (row.Attributes.LinkCount >= Limits.LinkCount)
            return Errno.EMLINK;
        row.Attributes.LinkCount++;
        row.Changed(TimeNs);
        Attributes = row.Attributes;
        return Errno.None;
    }

    public override void Apply(Mutation mutation)
    {
        mutation.TryGetInode(Inode, out var row);
        row.Attributes.LinkCount++;
        row.Changed(TimeNs);
        mutation.PutInode(in row);
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.I64(TimeNs);
        Attributes.Write(ref writer);
    }

    public static AddLinkStep Read(ref WireReader reader) =>
        new() { Inode = reader.Inode(), TimeNs = reader.I64(), Attributes = InodeAttributes.Read(ref reader) };
}
