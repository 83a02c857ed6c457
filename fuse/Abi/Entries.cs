using System.Runtime.InteropServices;

namespace SealFs.Fuse.Abi;

/// <summary>A name's inode with its attributes and how long both may be believed, 128 bytes. Node id 0 is a cacheable "no such name".</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_entry_out
{
    public ulong nodeid;
    public ulong generation;
    public ulong entry_valid;
    public ulong attr_valid;
    public uint entry_valid_nsec;
    public uint attr_valid_nsec;
    public fuse_attr attr;
}

/// <summary>A FUSE_FORGET, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_forget_in
{
    public ulong nlookup;
}

/// <summary>One of the pairs in a FUSE_BATCH_FORGET, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_forget_one
{
    public ulong nodeid;
    public ulong nlookup;
}

/// <summary>A FUSE_BATCH_FORGET, 8 bytes, followed by <c>count</c> times <see cref="fuse_forget_one"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_batch_forget_in
{
    public uint count;
    public uint dummy;
}

/// <summary>A FUSE_MKNOD, 16 bytes, followed by the name.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_mknod_in
{
    public uint mode;
    public uint rdev;
    public uint umask;
    public uint padding;
}

/// <summary>A FUSE_MKDIR, 8 bytes, followed by the name.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_mkdir_in
{
    public uint mode;
    public uint umask;
}

/// <summary>A FUSE_RENAME, 8 bytes, followed by the old and the new name.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_rename_in
{
    public ulong newdir;
}

/// <summary>A FUSE_RENAME2, 16 bytes, followed by the old and the new name; flags as in renameat2(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_rename2_in
{
    public ulong newdir;
    public uint flags;
    public uint padding;
}

/// <summary>A FUSE_LINK, 8 bytes, followed by the new name.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_link_in
{
    public ulong oldnodeid;
}

/// <summary>A directory entry, 24 bytes, followed by the name padded to 8.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_dirent
{
    public ulong ino;

    /// <summary>Where a listing goes on after this entry.</summary>
    public ulong off;
    public uint namelen;

    /// <summary>The file type: the mode shifted right by 12.</summary>
    public uint type;
}

/// <summary>A directory entry that is a lookup too, 152 bytes, followed by the name padded to 8.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_direntplus
{
    public fuse_entry_out entry_out;
    public fuse_dirent dirent;
}
