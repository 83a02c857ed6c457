using System.Runtime.InteropServices;

namespace SealFs.Fuse.Abi;

/// <summary>A FUSE_OPEN or FUSE_OPENDIR, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_open_in
{
    /// <summary>The flags of open(2) without O_CREAT, O_EXCL and O_NOCTTY.</summary>
    public uint flags;
    public uint open_flags;
}

/// <summary>A FUSE_CREATE or FUSE_TMPFILE, 16 bytes, followed by the name.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_create_in
{
    public uint flags;
    public uint mode;
    public uint umask;
    public uint open_flags;
}

/// <summary>Reply to FUSE_OPEN, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_open_out
{
    public ulong fh;
    public FuseOpenFlags open_flags;
    public int backing_id;
}

/// <summary>A FUSE_RELEASE or FUSE_RELEASEDIR, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_release_in
{
    public ulong fh;
    public uint flags;
    public uint release_flags;
    public ulong lock_owner;
}

/// <summary>A FUSE_FLUSH, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_flush_in
{
    public ulong fh;
    public uint unused;
    public uint padding;
    public ulong lock_owner;
}

/// <summary>A FUSE_READ, FUSE_READDIR or FUSE_READDIRPLUS, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_read_in
{
    public ulong fh;
    public ulong offset;
    public uint size;
    public uint read_flags;
    public ulong lock_owner;
    public uint flags;
    public uint padding;
}

/// <summary>A FUSE_WRITE, 40 bytes, followed by <c>size</c> bytes of data.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_write_in
{
    public ulong fh;
    public ulong offset;
    public uint size;
    public uint write_flags;
    public ulong lock_owner;
    public uint flags;
    public uint padding;
}

/// <summary>Reply to FUSE_WRITE and FUSE_COPY_FILE_RANGE, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_write_out
{
    public uint size;
    public uint padding;
}

/// <summary>A FUSE_FSYNC or FUSE_FSYNCDIR, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_fsync_in
{
    public ulong fh;
    public uint fsync_flags;
    public uint padding;
}

/// <summary>A FUSE_FALLOCATE, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_fallocate_in
{
    public ulong fh;
    public ulong offset;
    public ulong length;
    public uint mode;
    public uint padding;
}

/// <summary>A FUSE_LSEEK, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lseek_in
{
    public ulong fh;
    public ulong offset;
    public uint whence;
    public uint padding;
}

/// <summary>Reply to FUSE_LSEEK, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lseek_out
{
    public ulong offset;
}

/// <summary>A FUSE_COPY_FILE_RANGE or its 64-bit sister, 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_copy_file_range_in
{
    public ulong fh_in;
    public ulong off_in;
    public ulong nodeid_out;
    public ulong fh_out;
    public ulong off_out;
    public ulong len;
    public ulong flags;
}

/// <summary>Reply to FUSE_COPY_FILE_RANGE_64, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_copy_file_range_out
{
    public ulong bytes_copied;
}

/// <summary>A FUSE_SYNCFS, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_syncfs_in
{
    public ulong padding;
}

/// <summary>A FUSE_BMAP, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_bmap_in
{
    public ulong block;
    public uint blocksize;
    public uint padding;
}

/// <summary>Reply to FUSE_BMAP, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_bmap_out
{
    public ulong block;
}

/// <summary>A FUSE_IOCTL, 32 bytes, followed by <c>in_size</c> bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_ioctl_in
{
    public ulong fh;
    public uint flags;
    public uint cmd;
    public ulong arg;
    public uint in_size;
    public uint out_size;
}

/// <summary>Reply to FUSE_IOCTL, 16 bytes, followed by the output.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_ioctl_out
{
    public int result;
    public uint flags;
    public uint in_iovs;
    public uint out_iovs;
}

/// <summary>A FUSE_POLL, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_poll_in
{
    public ulong fh;
    public ulong kh;
    public uint flags;
    public uint events;
}

/// <summary>Reply to FUSE_POLL, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_poll_out
{
    public uint revents;
    public uint padding;
}
