namespace SealFs.Fuse.Abi;

/// <summary>Which fields of <see cref="fuse_setattr_in"/> are set.</summary>
[Flags]
public enum FuseSetAttrValid : uint
{
    None = 0,
    FATTR_MODE = 1 << 0,
    FATTR_UID = 1 << 1,
    FATTR_GID = 1 << 2,
    FATTR_SIZE = 1 << 3,
    FATTR_ATIME = 1 << 4,
    FATTR_MTIME = 1 << 5,
    FATTR_FH = 1 << 6,
    FATTR_ATIME_NOW = 1 << 7,
    FATTR_MTIME_NOW = 1 << 8,
    FATTR_LOCKOWNER = 1 << 9,
    FATTR_CTIME = 1 << 10,
    FATTR_KILL_SUIDGID = 1 << 11,
}
