using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SealFs.Fuse.Abi;

/// <summary>Attributes of an inode, 88 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_attr
{
    public ulong ino;
    public ulong size;

    /// <summary>Space taken, in units of 512 bytes.</summary>
    public ulong blocks;
    public ulong atime;
    public ulong mtime;
    public ulong ctime;
    public uint atimensec;
    public uint mtimensec;
    public uint ctimensec;
    public uint mode;
    public uint nlink;
    public uint uid;
    public uint gid;
    public uint rdev;
    public uint blksize;
    public uint flags;
}

/// <summary>Which handle a FUSE_GETATTR is about, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getattr_in
{
    public uint getattr_flags;
    public uint dummy;
    public ulong fh;
}

/// <summary>Reply to FUSE_GETATTR and FUSE_SETATTR, 104 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_attr_out
{
    /// <summary>Seconds for which the kernel may believe the attributes.</summary>
    public ulong attr_valid;
    public uint attr_valid_nsec;
    public uint dummy;
    public fuse_attr attr;
}

/// <summary>What FUSE_SETATTR changes, 88 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_setattr_in
{
    public FuseSetAttrValid valid;
    public uint padding;
    public ulong fh;
    public ulong size;
    public ulong lock_owner;
    public ulong atime;
    public ulong mtime;
    public ulong ctime;
    public uint atimensec;
    public uint mtimensec;
    public uint ctimensec;
    public uint mode;
    public uint unused4;
    public uint uid;
    public uint gid;
    public uint unused5;
}

/// <summary>A FUSE_STATX, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx_in
{
    public uint getattr_flags;
    public uint reserved;
    public ulong fh;
    public uint sx_flags;
    public uint sx_mask;
}

/// <summary>A time in <see cref="fuse_statx"/>, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_sx_time
{
    public long tv_sec;
    public uint tv_nsec;
    public int reserved;
}

/// <summary>Extended attributes of an inode as statx(2) shows them, 256 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx
{
    public uint mask;
    public uint blksize;
    public ulong attributes;
    public uint nlink;
    public uint uid;
    public uint gid;
    public ushort mode;
    public ushort spare0;
    public ulong ino;
    public ulong size;
    public ulong blocks;
    public ulong attributes_mask;
    public fuse_sx_time atime;
    public fuse_sx_time btime;
    public fuse_sx_time ctime;
    public fuse_sx_time mtime;
    public uint rdev_major;
    public uint rdev_minor;
    public uint dev_major;
    public uint dev_minor;
    public StatxSpare spare2;
}

/// <summary>Reserved room of <see cref="fuse_statx"/>.</summary>
[InlineArray(14)]
public struct StatxSpare
{
    private ulong _first;
}

/// <summary>Reply to FUSE_STATX, 288 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx_out
{
    public ulong attr_valid;
    public uint attr_valid_nsec;
    public uint flags;
    public ulong spare0;
    public ulong spare1;
    public fuse_statx stat;
}

/// <summary>A FUSE_ACCESS, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_access_in
{
    public uint mask;
    public uint padding;
}

/// <summary>Reply to FUSE_STATFS, 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_kstatfs
{
    public ulong blocks;
    public ulong bfree;
    public ulong bavail;
    public ulong files;
    public ulong ffree;
    public uint bsize;
    public uint namelen;
    public uint frsize;
    public uint padding;
    public StatfsSpare spare;
}

/// <summary>Reserved room of <see cref="fuse_kstatfs"/>.</summary>
[InlineArray(6)]
public struct StatfsSpare
{
    private uint _first;
}
