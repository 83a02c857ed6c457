namespace SealFs.Core;

/// <summary>
/// Identity of an inode, never reused: the high 20 bits name the shard that owns it, the low 44 bits count within the shard.
/// Sequences below 2^20 are reserved: the root of volume v is sequence v in the volume's shard.
/// </summary>
public readonly record struct InodeId(ulong Value) : IComparable<InodeId>
{
    public const int SequenceBits = 44;
    public const ulong SequenceMask = (1UL << SequenceBits) - 1;
    public const ulong FirstOrdinarySequence = 1UL << 20;

    public static readonly InodeId None;

    public ShardId Shard => new((uint)(Value >> SequenceBits));

    public ulong SequenceInShard => Value & SequenceMask;

    public bool IsNone => Value == 0;

    /// <summary>True for the root directory of a volume.</summary>
    public bool IsRoot => SequenceInShard is > 0 and < FirstOrdinarySequence;

    public static InodeId Create(ShardId shard, ulong sequence)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, SequenceMask);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard.Value, 1u << 20);
        return new(((ulong)shard.Value << SequenceBits) | sequence);
    }

    /// <summary>The root directory of a volume is computed, not allocated: whoever knows the volume's shard knows its root.</summary>
    public static InodeId Root(ShardId shard, VolumeId volume) => Create(shard, volume.Value);

    public int CompareTo(InodeId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"{Shard.Value}:{SequenceInShard:x}";

    public static bool operator <(InodeId left, InodeId right) => left.Value < right.Value;

    public static bool operator >(InodeId left, InodeId right) => left.Value > right.Value;

    public static bool operator <=(InodeId left, InodeId right) => left.Value <= right.Value;

    public static bool operator >=(InodeId left, InodeId right) => left.Value >= right.Value;
}
