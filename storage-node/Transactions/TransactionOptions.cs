namespace SealFs.StorageNode.Transactions;

/// <summary>What may be set of a node's transactions and partitions.</summary>
public sealed record TransactionOptions
{
    /// <summary>Entries of a partition beyond which it splits. Small values are for tests.</summary>
    public ulong SplitThreshold { get; init; } = Partitions.Limits.SplitThreshold;
}
