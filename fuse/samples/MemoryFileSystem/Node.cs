using SealFs.Fuse.Abi;

namespace SealFs.Fuse.MemoryFs;

/// <summary>An inode. Everything but the bytes of <see cref="Content"/> is guarded by the file system's one lock.</summary>
internal sealed class Node
{
    public fuse_attr Attributes;

    /// <summary>References the kernel holds; it gives them back with FORGET. An open file holds one.</summary>
    public long Lookups;

    /// <summary>Entries, when this is a directory.</summary>
    public DirectoryTable? Entries;

    /// <summary>The directory this directory is in; itself for the root.</summary>
    public Node? Parent;

    /// <summary>Bytes, when this is a regular file.</summary>
    public FileContent? Content;

    /// <summary>Target, when this is a symlink.</summary>
    public byte[]? Target;

    public Dictionary<byte[], byte[]>? ExtendedAttributes;

    public ulong Id => Attributes.ino;

    public bool IsDirectory => Entries != null;
}
