namespace SealFs.Core;

/// <summary>A volume; never reused within a cluster. 1 up to 2^20 - 1; 0 means none.</summary>
public readonly record struct VolumeId(uint Value) : IComparable<VolumeId>
{
    public int CompareTo(VolumeId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(VolumeId left, VolumeId right) => left.Value < right.Value;

    public static bool operator >(VolumeId left, VolumeId right) => left.Value > right.Value;

    public static bool operator <=(VolumeId left, VolumeId right) => left.Value <= right.Value;

    public static bool operator >=(VolumeId left, VolumeId right) => left.Value >= right.Value;
}
