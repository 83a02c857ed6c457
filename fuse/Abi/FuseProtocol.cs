namespace SealFs.Fuse.Abi;

/// <summary>Constants of the kernel protocol that belong to no single operation.</summary>
public static class FuseProtocol
{
    public const uint FUSE_KERNEL_VERSION = 7;

    /// <summary>The newest minor version this library speaks.</summary>
    public const uint FUSE_KERNEL_MINOR_VERSION = 45;

    /// <summary>
    /// The oldest minor version this library speaks. FUSE_SETXATTR_EXT came with it (in Linux 5.13, where the first kernels of this version lack it), so that but for FUSE_INIT
    /// itself no structure has a second layout.
    /// </summary>
    public const uint OldestMinorVersion = 33;

    public const ulong FUSE_ROOT_ID = 1;

    /// <summary>Set in <c>unique</c> when the kernel sends a request again after FUSE_NOTIFY_RESEND. The reply carries it too.</summary>
    public const ulong FUSE_UNIQUE_RESEND = 1UL << 63;

    /// <summary>Set in <c>unique</c> of a FUSE_INTERRUPT itself.</summary>
    public const ulong FUSE_INT_REQ_BIT = 1;

    /// <summary>Room that a read buffer needs besides max_write: the header and the fixed structure of FUSE_WRITE, rounded up to a page.</summary>
    public const int FUSE_BUFFER_HEADER_SIZE = 4096;

    /// <summary>The kernel refuses to read into anything smaller.</summary>
    public const int FUSE_MIN_READ_BUFFER = 8192;

    /// <summary><c>_IOR(229, 0, uint32_t)</c>: makes a fresh /dev/fuse descriptor another clone of the given one.</summary>
    public const uint FUSE_DEV_IOC_CLONE = 0x8004E500;

    /// <summary>Longest name the kernel passes.</summary>
    public const int FUSE_NAME_MAX = 1024;

    public const uint FUSE_GETATTR_FH = 1 << 0;
    public const uint FUSE_LK_FLOCK = 1 << 0;
    public const uint FUSE_RELEASE_FLUSH = 1 << 0;
    public const uint FUSE_RELEASE_FLOCK_UNLOCK = 1 << 1;
    public const uint FUSE_WRITE_CACHE = 1 << 0;
    public const uint FUSE_WRITE_LOCKOWNER = 1 << 1;
    public const uint FUSE_WRITE_KILL_SUIDGID = 1 << 2;
    public const uint FUSE_READ_LOCKOWNER = 1 << 1;
    public const uint FUSE_FSYNC_FDATASYNC = 1 << 0;
    public const uint FUSE_OPEN_KILL_SUIDGID = 1 << 0;
    public const uint FUSE_SETXATTR_ACL_KILL_SGID = 1 << 0;
    public const uint FUSE_POLL_SCHEDULE_NOTIFY = 1 << 0;
    public const uint FUSE_IOCTL_DIR = 1 << 4;
    public const uint FUSE_EXPIRE_ONLY = 1 << 0;
    public const uint FUSE_ATTR_SUBMOUNT = 1 << 0;
    public const uint FUSE_ATTR_DAX = 1 << 1;
}
