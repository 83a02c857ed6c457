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

    /// <summary>One call to another node, all tries together; it is made again until it succeeds.</summary>
    public const uint CallMs = 30_000;

    /// <summary>Pause after a call that failed.</summary>
    public const int RetryMs = 500;

    /// <summary>Chunks of a deleted volume removed without a pause, and the pause: at most about 20,000 files a second.</summary>
    public const int VolumeStep = 200;

    /// <inheritdoc cref="VolumeStep"/>
    public const int VolumePauseMs = 10;
}
