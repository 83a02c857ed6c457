using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.StorageNode.Shards;

public enum LockKind : byte
{
    /// <summary>One name in a directory.</summary>
    Dentry = 1,

    /// <summary>Existence and attributes of an inode.</summary>
    Inode = 2,

    /// <summary>A directory as a whole: shared while an entry is being added, exclusive while the directory is removed or split.</summary>
    Directory = 3,

    /// <summary>Renames of directories in a volume.</summary>
    Rename = 4,

    /// <summary>A directory's parent, while it is being given another one. Nothing but the walk to the root looks at it.</summary>
    Parent = 5,
}

/// <summary>
/// What a transaction locks. Names are told apart by their hash: two that collide wait for each other needlessly, and nothing else.
/// </summary>
public readonly record struct LockKey(LockKind Kind, ulong Subject, ulong Detail)
{
    public static LockKey Dentry(InodeId directory, ReadOnlySpan<byte> name) => new(LockKind.Dentry, directory.Value, PlacementHash.Name(name));

    public static LockKey Inode(InodeId inode) => new(LockKind.Inode, inode.Value, 0);

    public static LockKey Directory(InodeId directory) => new(LockKind.Directory, directory.Value, 0);

    public static LockKey Parent(InodeId directory) => new(LockKind.Parent, directory.Value, 0);

    public static LockKey Rename(VolumeId volume) => new(LockKind.Rename, volume.Value, 0);
}
