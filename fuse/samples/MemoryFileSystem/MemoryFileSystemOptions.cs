namespace SealFs.Fuse.MemoryFs;

/// <summary>Options of <see cref="MemoryFileSystem"/>.</summary>
public sealed record MemoryFileSystemOptions
{
    /// <summary>How long the kernel may believe a name.</summary>
    public TimeSpan EntryTimeToLive { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the kernel may believe attributes.</summary>
    public TimeSpan AttributeTimeToLive { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Room for data in bytes; beyond it writes fail with ENOSPC.</summary>
    public long CapacityBytes { get; init; } = 8L << 30;

    /// <summary>Number of inodes; beyond it creates fail with ENOSPC.</summary>
    public long CapacityInodes { get; init; } = 64L << 20;

    /// <summary>Flags for every open file, for example FOPEN_DIRECT_IO.</summary>
    public Abi.FuseOpenFlags OpenFlags { get; init; }
}
