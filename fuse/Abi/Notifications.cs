using System.Runtime.InteropServices;

namespace SealFs.Fuse.Abi;

/// <summary>Wakes pollers, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_poll_wakeup_out
{
    public ulong kh;
}

/// <summary>Drops attributes and, for <c>off</c> ≥ 0, cached pages of an inode, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_inval_inode_out
{
    public ulong ino;
    public long off;
    public long len;
}

/// <summary>Drops a cached name, 16 bytes, followed by the name and a NUL.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_inval_entry_out
{
    public ulong parent;
    public uint namelen;
    public uint flags;
}

/// <summary>Says that a name is gone, 24 bytes, followed by the name and a NUL.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_delete_out
{
    public ulong parent;
    public ulong child;
    public uint namelen;
    public uint padding;
}

/// <summary>Puts data into the page cache, 24 bytes, followed by the data.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_store_out
{
    public ulong nodeid;
    public ulong offset;
    public uint size;
    public uint padding;
}

/// <summary>Asks for data from the page cache, 32 bytes; the answer is a FUSE_NOTIFY_REPLY request.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_retrieve_out
{
    public ulong notify_unique;
    public ulong nodeid;
    public ulong offset;
    public uint size;
    public uint padding;
}

/// <summary>Asks the kernel to evict unreferenced inodes, 16 bytes, followed by <c>count</c> node ids.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_prune_out
{
    public uint count;
    public uint padding;
    public ulong spare;
}
