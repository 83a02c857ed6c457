using System.Runtime.InteropServices;

namespace SealFs.Fuse.Abi;

/// <summary>A byte-range lock, 24 bytes; <c>type</c> is F_RDLCK, F_WRLCK or F_UNLCK, <c>end</c> is inclusive.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_file_lock
{
    public ulong start;
    public ulong end;
    public uint type;
    public uint pid;
}

/// <summary>A FUSE_GETLK, FUSE_SETLK or FUSE_SETLKW, 48 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lk_in
{
    public ulong fh;
    public ulong owner;
    public fuse_file_lock lk;
    public uint lk_flags;
    public uint padding;
}

/// <summary>Reply to FUSE_GETLK, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lk_out
{
    public fuse_file_lock lk;
}
