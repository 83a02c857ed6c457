namespace SealFs.Core;

/// <summary>Number of a mutation within its session. The pair (session, sequence) identifies a mutation for ever; 0 means none.</summary>
public readonly record struct Sequence(ulong Value) : IComparable<Sequence>
{
    public int CompareTo(Sequence other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(Sequence left, Sequence right) => left.Value < right.Value;

    public static bool operator >(Sequence left, Sequence right) => left.Value > right.Value;

    public static bool operator <=(Sequence left, Sequence right) => left.Value <= right.Value;

    public static bool operator >=(Sequence left, Sequence right) => left.Value >= right.Value;
}
