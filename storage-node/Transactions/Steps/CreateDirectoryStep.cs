using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Makes a directory's inode, where a participant does it while preparing: no name stands for it before the decision, so that it needs no lock, and the directory
/// can be used at once when there is one. Its id is never used again when the transaction aborts.
/// <code>0 u64 parent   8 u32 mode   12 u32 uid   16 u32 gid   20 i64 time ns   28 u64 inode (result)   36 u8 (0 or 1) it is made (result)</code>
/// </summary>
internal sealed class CreateDirectoryStep : TransactionStep
{
    public required InodeId Parent { get; init; }

    public required uint Mode { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    public required long TimeNs { get; init; }

    /// <summary>The new directory.</summary>
    public InodeId Inode { get; private set; }

    /// <summary>By the preparation; the decision has nothing to add.</summary>
    public bool IsMade { get; private set; }

    public override StepKind Kind => StepKind.CreateDirectory;

    public override int Size => 37;

    /// <summary>What the new directory looks like.</summary>
    public InodeAttributes Attributes => new()
    {
        Inode = Inode,
        SizeBytes = InodeRow.DirectorySize(0),
        AccessTimeNs = TimeNs,
        ModifyTimeNs = TimeNs,
        ChangeTimeNs = TimeNs,
        BirthTimeNs = TimeNs,
        Version = 1,
        Mode = InodeAttributes.TypeDirectory | (Mode & ~InodeAttributes.TypeMask),
        LinkCount = 2,
        Uid = Uid,
        Gid = Gid,
    };

    public override Errno Prepare(StepScope scope)
    {
        Inode = scope.Mutation.DrawInode();
        if (scope.IsLogged)
            Make(scope.Mutation);
        IsMade = scope.IsLogged;
        return Errno.None;
    }

    public override void Apply(Mutation mutation)
    {
        if (!IsMade)
            Make(mutation);
    }

    /// <summary>What was in it is lost, as anything is that was not synced.</summary>
    public override Errno Follow(Mutation mutation, List<DecisionPart> elsewhere)
    {
        if (!mutation.TryGetInode(Inode, out _))
            Make(mutation);
        return Errno.None;
    }

    /// <summary>A file in it may be getting a name elsewhere.</summary>
    public override bool MayUndo(Mutation mutation) => !DirectoryContents.IsLocked(mutation, Inode, alsoShared: false);

    /// <summary>
    /// Where the coordinator's machine has lost its decision, somebody may have used the directory already. What they made in it goes with it: whoever relied on any of that has waited until
    /// the name was certain. Directories of other shards in it find out that they were taken back, too.
    /// </summary>
    public override void Undo(Mutation mutation)
    {
        if (!mutation.TryGetInode(Inode, out var row))
            return;
        DirectoryContents.Discard(mutation, Inode, mutation.Shard.Node.NowNs, elsewhere: []);
        InodeLinks.Delete(mutation, in row);
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Parent);
        writer.U32(Mode);
        writer.U32(Uid);
        writer.U32(Gid);
        writer.I64(TimeNs);
        writer.Inode(Inode);
        writer.Bool(IsMade);
    }

    public static CreateDirectoryStep Read(ref WireReader reader) => new()
    {
        Parent = reader.Inode(),
        Mode = reader.U32(),
        Uid = reader.U32(),
        Gid = reader.U32(),
        TimeNs = reader.I64(),
        Inode = reader.Inode(),
        IsMade = reader.Bool(),
    };

    private void Make(Mutation mutation)
    {
        mutation.PutInode(new InodeRow { Attributes = Attributes, Parent = Parent });
        mutation.AddUsage(bytes: 0, inodes: 1);
    }
}
