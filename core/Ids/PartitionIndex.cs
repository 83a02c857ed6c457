namespace SealFs.Core;

/// <summary>One hash range of a large directory; a small directory has partition 0 alone.</summary>
public readonly record struct PartitionIndex(uint Value) : IComparable<PartitionIndex>
{
    public int CompareTo(PartitionIndex other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(PartitionIndex left, PartitionIndex right) => left.Value < right.Value;

    public static bool operator >(PartitionIndex left, PartitionIndex right) => left.Value > right.Value;

    public static bool operator <=(PartitionIndex left, PartitionIndex right) => left.Value <= right.Value;

    public static bool operator >=(PartitionIndex left, PartitionIndex right) => left.Value >= right.Value;
}
