using System.Runtime.InteropServices;

namespace SealFs.Fuse.Abi;

/// <summary>A FUSE_SETXATTR in its FUSE_SETXATTR_EXT form, 16 bytes, followed by the name and <c>size</c> bytes of value.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_setxattr_in
{
    public uint size;

    /// <summary>XATTR_CREATE (1) or XATTR_REPLACE (2).</summary>
    public uint flags;
    public uint setxattr_flags;
    public uint padding;
}

/// <summary>A FUSE_GETXATTR or FUSE_LISTXATTR, 8 bytes; <c>size</c> 0 asks how much room is needed.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getxattr_in
{
    public uint size;
    public uint padding;
}

/// <summary>Reply to FUSE_GETXATTR and FUSE_LISTXATTR when <c>size</c> was 0, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getxattr_out
{
    public uint size;
    public uint padding;
}
