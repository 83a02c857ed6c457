namespace SealFs.StorageNode.Partitions;

/// <summary>The bounds of partitions, each with its reason.</summary>
internal static class Limits
{
    /// <summary>Entries of a partition beyond which it splits: listing and moving so many takes tens of milliseconds.</summary>
    public const ulong SplitThreshold = 8192;

    /// <summary>Bytes of entries that a split moves at a time: the receiving shard's gate is held for a millisecond or so.</summary>
    public const int BatchBytes = 16 * 1024;

    /// <summary>Splits waiting on one node; what is dropped is noticed again with the next entry that is added.</summary>
    public const int WaitingSplits = 4096;

    /// <summary>Tries of one split before it is left to the next entry that is added.</summary>
    public const int SplitTries = 50;

    /// <summary>Time for one try, ms: the directory's partition stands still meanwhile.</summary>
    public const int SplitMs = 10_000;

    /// <summary>First and last pause between tries, ms.</summary>
    public const int BackoffFirstMs = 1;

    public const int BackoffLastMs = 100;

    /// <summary>Time for the answers of other shards to a getattr, ms.</summary>
    public const int StatMs = 10_000;
}
