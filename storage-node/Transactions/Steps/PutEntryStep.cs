using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Makes a name stand for an inode. What it stood for before is the result; when that lives in this shard, its removal is appended as a step of its own.
/// <code>
///  0 u64 directory   8 u32 partition   12 u64 inode   20 u32 mode   24 i64 time ns   32 u8 EntryRule
/// 33 u64 inode replaced or 0 (result)   41 u32 its mode (result)   45 u16 length + bytes name
/// </code>
/// </summary>
internal sealed class PutEntryStep : TransactionStep
{
    public required InodeId Directory { get; init; }

    public required PartitionIndex Partition { get; init; }

    public required byte[] Name { get; init; }

    /// <summary>May be set after preparing by a coordinator whose own step this is: a new inode's id comes from another shard.</summary>
    public required InodeId Inode { get; set; }

    public required uint Mode { get; set; }

    public required long TimeNs { get; init; }

    public required EntryRule Rule { get; init; }

    /// <summary>What the name stood for; none when it is new.</summary>
    public DentryRow Replaced { get; private set; }

    /// <summary>Entries of the partition after this step was applied.</summary>
    public ulong EntryCount { get; private set; }

    public bool IsNew => Replaced.Inode.IsNone;

    /// <summary>Both names are links to one inode: rename(2) does nothing then.</summary>
    public bool IsSameInode => Rule == EntryRule.Replace && !IsNew && Replaced.Inode == Inode;

    public override StepKind Kind => StepKind.PutEntry;

    public override int Size => 47 + Name.Length;

    /// <summary>The inode is made by the same transaction, and not known before the participant has prepared it.</summary>
    private bool IsOfNewInode => Inode.IsNone && Rule == EntryRule.New;

    private bool IsDirectory => (Mode & InodeAttributes.TypeMask) == InodeAttributes.TypeDirectory;

    public override Errno Prepare(StepScope scope)
    {
        var entered = EntryAccess.Enter(scope, Directory, Partition, Name);
        if (entered != Errno.None)
            return entered;
        Replaced = scope.Mutation.TryGetDentry(Directory, Name, out var found) ? found : default;
        if ((IsNew && !scope.MayAdd(Directory)) || (!IsOfNewInode && scope.IsNew(Directory)))
            return Errno.Busy;
        return Rule switch
        {
            EntryRule.New => IsNew ? Errno.None : Errno.EEXIST,
            EntryRule.Existing => IsNew ? Errno.ENOENT : Errno.None,
            _ => PrepareReplacement(scope),
        };
    }

    public override void Apply(Mutation mutation)
    {
        mutation.PutDentry(Directory, Name, new DentryRow(Inode, Mode));
        var subdirectories = (IsDirectory ? 1 : 0) - (!IsNew && Replaced.IsDirectory ? 1 : 0);
        EntryCount = DirectoryChange.Entries(mutation, Directory, Partition, IsNew ? 1 : 0, subdirectories, TimeNs);
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.Inode(Inode);
        writer.U32(Mode);
        writer.I64(TimeNs);
        writer.U8((byte)Rule);
        writer.Inode(Replaced.Inode);
        writer.U32(Replaced.Mode);
        writer.Bytes16(Name);
    }

    public static PutEntryStep Read(ref WireReader reader)
    {
        var directory = reader.Inode();
        var partition = new PartitionIndex(reader.U32());
        var inode = reader.Inode();
        var mode = reader.U32();
        var timeNs = reader.I64();
        var rule = (EntryRule)reader.U8();
        var replaced = new DentryRow(reader.Inode(), reader.U32());
        return new PutEntryStep
        {
            Directory = directory,
            Partition = partition,
            Inode = inode,
            Mode = mode,
            TimeNs = timeNs,
            Rule = rule,
            Replaced = replaced,
            Name = reader.Bytes16().ToArray(),
        };
    }

    private Errno PrepareReplacement(StepScope scope)
    {
        if (IsNew || IsSameInode)
            return Errno.None;
        if (IsDirectory && !Replaced.IsDirectory)
            return Errno.ENOTDIR;
        if (!IsDirectory && Replaced.IsDirectory)
            return Errno.EISDIR;
        if (Replaced.Inode.Shard == scope.Shard.Id)
            scope.Append(RemovalOf(Replaced, TimeNs));
        return Errno.None;
    }

    /// <summary>The step that removes what a name stood for, in the inode's own shard.</summary>
    public static TransactionStep RemovalOf(DentryRow entry, long timeNs) => entry.IsDirectory
        ? new RemoveDirectoryStep { Directory = entry.Inode, TimeNs = timeNs }
        : new DropLinkStep { Inode = entry.Inode, TimeNs = timeNs };
}
