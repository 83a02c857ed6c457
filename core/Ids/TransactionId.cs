namespace SealFs.Core;

/// <summary>
/// A transaction between shards. Drawn from the coordinator shard's sequence of inode ids, so that it is never reused, not even after a crash,
/// and names the shard that knows its outcome. 0 means none.
/// </summary>
public readonly record struct TransactionId(ulong Value) : IComparable<TransactionId>
{
    public static readonly TransactionId None;

    public bool IsNone => Value == 0;

    /// <summary>The shard whose logged decision is the truth.</summary>
    public ShardId Coordinator => new InodeId(Value).Shard;

    public int CompareTo(TransactionId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"tx {new InodeId(Value)}";

    public static bool operator <(TransactionId left, TransactionId right) => left.Value < right.Value;

    public static bool operator >(TransactionId left, TransactionId right) => left.Value > right.Value;

    public static bool operator <=(TransactionId left, TransactionId right) => left.Value <= right.Value;

    public static bool operator >=(TransactionId left, TransactionId right) => left.Value >= right.Value;
}
