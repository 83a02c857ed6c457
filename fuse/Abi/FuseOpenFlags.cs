namespace SealFs.Fuse.Abi;

/// <summary>Flags in the reply to FUSE_OPEN, FUSE_OPENDIR, FUSE_CREATE and FUSE_TMPFILE.</summary>
[Flags]
public enum FuseOpenFlags : uint
{
    None = 0,

    /// <summary>Bypass the page cache for this open file.</summary>
    FOPEN_DIRECT_IO = 1 << 0,

    /// <summary>Do not drop the file's cached pages at this open.</summary>
    FOPEN_KEEP_CACHE = 1 << 1,
    FOPEN_NONSEEKABLE = 1 << 2,

    /// <summary>Let the kernel cache this directory's listing.</summary>
    FOPEN_CACHE_DIR = 1 << 3,
    FOPEN_STREAM = 1 << 4,

    /// <summary>Send no FUSE_FLUSH when the file is closed.</summary>
    FOPEN_NOFLUSH = 1 << 5,
    FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6,
    FOPEN_PASSTHROUGH = 1 << 7,
}
