namespace SealFs.Core;

/// <summary>A fixed hash slot: 0 up to the shard count of the cluster (at most 2^20).</summary>
public readonly record struct ShardId(uint Value) : IComparable<ShardId>
{
    public int CompareTo(ShardId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(ShardId left, ShardId right) => left.Value < right.Value;

    public static bool operator >(ShardId left, ShardId right) => left.Value > right.Value;

    public static bool operator <=(ShardId left, ShardId right) => left.Value <= right.Value;

    public static bool operator >=(ShardId left, ShardId right) => left.Value >= right.Value;
}
