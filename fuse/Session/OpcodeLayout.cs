using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Session;

/// <summary>How the body of a request is laid out: a fixed structure, then names ended by NUL, then data.</summary>
internal static class OpcodeLayout
{
    /// <summary>Size of the fixed structure in bytes.</summary>
    public static int FixedBytes(FuseOpcode opcode) => opcode switch
    {
        FuseOpcode.FUSE_MKDIR or FuseOpcode.FUSE_RENAME or FuseOpcode.FUSE_LINK or FuseOpcode.FUSE_GETXATTR
            or FuseOpcode.FUSE_BATCH_FORGET => 8,
        FuseOpcode.FUSE_MKNOD or FuseOpcode.FUSE_RENAME2 or FuseOpcode.FUSE_CREATE or FuseOpcode.FUSE_TMPFILE
            or FuseOpcode.FUSE_SETXATTR => 16,
        FuseOpcode.FUSE_IOCTL => 32,
        FuseOpcode.FUSE_WRITE or FuseOpcode.FUSE_NOTIFY_REPLY => 40,
        _ => 0,
    };

    /// <summary>Number of names behind the fixed structure.</summary>
    public static int Names(FuseOpcode opcode) => opcode switch
    {
        FuseOpcode.FUSE_LOOKUP or FuseOpcode.FUSE_MKNOD or FuseOpcode.FUSE_MKDIR or FuseOpcode.FUSE_UNLINK or FuseOpcode.FUSE_RMDIR
            or FuseOpcode.FUSE_LINK or FuseOpcode.FUSE_CREATE or FuseOpcode.FUSE_TMPFILE or FuseOpcode.FUSE_SETXATTR
            or FuseOpcode.FUSE_GETXATTR or FuseOpcode.FUSE_REMOVEXATTR => 1,
        FuseOpcode.FUSE_SYMLINK or FuseOpcode.FUSE_RENAME or FuseOpcode.FUSE_RENAME2 => 2,
        _ => 0,
    };

    /// <summary>True when bytes follow the names.</summary>
    public static bool HasData(FuseOpcode opcode) => opcode is FuseOpcode.FUSE_WRITE or FuseOpcode.FUSE_SETXATTR or FuseOpcode.FUSE_IOCTL
        or FuseOpcode.FUSE_BATCH_FORGET or FuseOpcode.FUSE_NOTIFY_REPLY;
}
