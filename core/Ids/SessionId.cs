namespace SealFs.Core;

/// <summary>A client's registration with the manager: 64 random bits, never zero. 0 means none (servers among themselves use their own).</summary>
public readonly record struct SessionId(ulong Value) : IComparable<SessionId>
{
    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(SessionId left, SessionId right) => left.Value < right.Value;

    public static bool operator >(SessionId left, SessionId right) => left.Value > right.Value;

    public static bool operator <=(SessionId left, SessionId right) => left.Value <= right.Value;

    public static bool operator >=(SessionId left, SessionId right) => left.Value >= right.Value;
}
