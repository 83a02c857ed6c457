namespace SealFs.Core;

/// <summary>Position of a chunk in its file, from 0.</summary>
public readonly record struct ChunkIndex(ulong Value) : IComparable<ChunkIndex>
{
    public int CompareTo(ChunkIndex other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(ChunkIndex left, ChunkIndex right) => left.Value < right.Value;

    public static bool operator >(ChunkIndex left, ChunkIndex right) => left.Value > right.Value;

    public static bool operator <=(ChunkIndex left, ChunkIndex right) => left.Value <= right.Value;

    public static bool operator >=(ChunkIndex left, ChunkIndex right) => left.Value >= right.Value;
}
