namespace SealFs.StorageNode.Purge;

/// <summary>The bounds of purging, each with its reason.</summary>
internal static class PurgeLimits
{
    /// <summary>Inodes whose chunks are removed at the same time: enough to hide a peer's latency, few enough not to crowd out requests.</summary>
    public const int Workers = 4;

    /// <summary>Calls under way for one inode: a sparse file of any size asks each shard once.</summary>
    public const int ParallelCalls = 64;

    /// <summary>Records looked at before they are worked on: bounds memory for a file with very many chunks.</summary>
    public const int Page = 256;

    /// <summary>Inodes remembered as gone on a node: a few megabytes, and the removals of seconds at the highest rate.</summary>
    public const int GoneInodes = 65_536;

    /// <summary>Chunks that a round of the collector has found and the next may remove: a few megabytes. What is beyond waits for another round.</summary>
    public const int Suspects = 65_536;

    /// <summary>Pause of the collector after each page: at most about 10,000 chunks a second, a few percent of a processor.</summary>
    public const int CollectorPauseMs = 25;

    /// <summary>Default interval of the collector, and so the least time that data must have been superfluous before they go.</summary>
    public static readonly TimeSpan CollectorInterval = TimeSpan.FromMinutes(5);

    /// <summary>One call to another node, all tries together; it is made again until it succeeds.</summary>
    public const uint CallMs = 30_000;

    /// <summary>Pause after a call that failed.</summary>
    public const int RetryMs = 500;

    /// <summary>Chunks of a deleted volume removed without a pause, and the pause: at most about 20,000 files a second.</summary>
    public const int VolumeStep = 200;

    /// <inheritdoc cref="VolumeStep"/>
    public const int VolumePauseMs = 10;
}
