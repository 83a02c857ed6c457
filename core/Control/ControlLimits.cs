namespace SealFs.Core.Control;

/// <summary>The limits of the control plane, for both sides.</summary>
public static class ControlLimits
{
    /// <summary>A map of 2^20 shards takes some 16 MiB as a message; nothing else comes near.</summary>
    public const int MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>How long a call may take when the caller says nothing.</summary>
    public const int DefaultCallTimeoutMs = 5_000;

    /// <summary>Creating a volume may wait for the first nodes to arrive.</summary>
    public const int CreateVolumeTimeoutMs = 30_000;

    /// <summary>First pause before a loop tries a manager again; doubles up to the longest, and every pause is shortened at random by up to half.</summary>
    public const int FirstRetryMs = 100;

    /// <summary>Longest pause between two tries.</summary>
    public const int LongestRetryMs = 5_000;

    /// <summary>A silent connection is tested after this long, so that a watcher notices a manager whose host is gone.</summary>
    public const int KeepAliveMs = 10_000;

    /// <summary>How long the manager may take to accept a connection before the next address is tried.</summary>
    public const int ConnectTimeoutMs = 2_000;

    /// <summary>Two urgent heartbeats lie at least this far apart, so that a full volume does not turn into a storm.</summary>
    public const int LeastUrgentIntervalMs = 5;

    public const int MaxVolumeNameBytes = 128;

    public const int MaxNodeNameBytes = 128;

    public const ulong DefaultChunkSizeBytes = 4 * 1024 * 1024;

    public const ulong LeastChunkSizeBytes = 64 * 1024;

    public const ulong LargestChunkSizeBytes = 4 * 1024 * 1024;

    public const ulong DefaultInlineLimitBytes = 16 * 1024;

    public const ulong LargestInlineLimitBytes = 64 * 1024;

    /// <summary>The ceiling of a volume without a quota.</summary>
    public const ulong UnlimitedCeiling = long.MaxValue;
}
