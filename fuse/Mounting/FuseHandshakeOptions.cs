using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <summary>What the daemon asks of the kernel in FUSE_INIT; it gets what the kernel has too.</summary>
public sealed record FuseHandshakeOptions
{
    /// <summary>
    /// Capabilities that ask nothing of the file system. Those that do are its own choice, among them FUSE_ATOMIC_O_TRUNC (OPEN then truncates),
    /// FUSE_HANDLE_KILLPRIV_V2, FUSE_DONT_MASK, FUSE_WRITEBACK_CACHE, FUSE_POSIX_LOCKS and FUSE_FLOCK_LOCKS.
    /// </summary>
    public const FuseInitFlags DefaultFlags = FuseInitFlags.FUSE_ASYNC_READ | FuseInitFlags.FUSE_BIG_WRITES
        | FuseInitFlags.FUSE_DO_READDIRPLUS | FuseInitFlags.FUSE_READDIRPLUS_AUTO | FuseInitFlags.FUSE_ASYNC_DIO | FuseInitFlags.FUSE_PARALLEL_DIROPS
        | FuseInitFlags.FUSE_AUTO_INVAL_DATA | FuseInitFlags.FUSE_NO_OPEN_SUPPORT | FuseInitFlags.FUSE_NO_OPENDIR_SUPPORT
        | FuseInitFlags.FUSE_CACHE_SYMLINKS | FuseInitFlags.FUSE_HAS_EXPIRE_ONLY;

    /// <summary>Always asked for. FUSE_SETXATTR_EXT must be there, because the layout of a message depends on it; the library does without any other.</summary>
    public const FuseInitFlags RequiredFlags = FuseInitFlags.FUSE_INIT_EXT | FuseInitFlags.FUSE_SETXATTR_EXT | FuseInitFlags.FUSE_MAX_PAGES
        | FuseInitFlags.FUSE_ABORT_ERROR | FuseInitFlags.FUSE_HAS_RESEND;

    public FuseInitFlags Flags { get; init; } = DefaultFlags;

    /// <summary>
    /// For tests: capabilities of the kernel that count as if it did not have them, so that a newer one can stand in for an older one. Without FUSE_INIT_EXT there is none from
    /// bit 32 on.
    /// </summary>
    public FuseInitFlags Withheld { get; init; }

    /// <summary>Largest WRITE and READ in bytes; a multiple of the page size. It must equal the mount's max_read.</summary>
    public int MaxTransferBytes { get; init; } = Limits.DefaultMaxTransferBytes;

    /// <summary>How far the kernel may read ahead, in bytes.</summary>
    public int MaxReadaheadBytes { get; init; } = Limits.DefaultMaxTransferBytes;

    /// <summary>Asynchronous requests (read-ahead, write-back) the kernel keeps in flight.</summary>
    public ushort MaxBackground { get; init; } = 128;

    /// <summary>Asynchronous requests from which on the kernel calls the device congested.</summary>
    public ushort CongestionThreshold { get; init; } = 96;

    /// <summary>Resolution of time stamps in nanoseconds.</summary>
    public uint TimeGranularityNs { get; init; } = 1;

    /// <summary>Seconds after which the kernel aborts the connection over an unanswered request; 0: never.</summary>
    public ushort RequestTimeoutSeconds { get; init; }
}
