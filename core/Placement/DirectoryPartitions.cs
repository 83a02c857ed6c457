namespace SealFs.Core.Placement;

/// <summary>
/// Which partition of a split directory holds a name, learned lazily: start with a guess (partition 0, or what was learned), and correct it with the
/// depth that a WrongPartition answer carries. Every correction names a partition that exists, and comes one split closer.
/// </summary>
public static class DirectoryPartitions
{
    /// <summary>Splits of one directory: 2^32 partitions.</summary>
    public const int MaxDepth = 32;

    /// <summary>The depth that a partition is born with: partition p split off when the directory's names were told apart by so many bits.</summary>
    public static int BirthDepth(PartitionIndex partition) => 32 - System.Numerics.BitOperations.LeadingZeroCount(partition.Value);

    /// <summary>The partition that a partition of this depth splits off.</summary>
    public static PartitionIndex Child(PartitionIndex partition, int depth) => new(partition.Value | (1u << depth));

    /// <summary>
    /// Which partition to ask for the entries from a position on: the one addressed, when it holds that position with the depth that it answered (also a
    /// successful ReadDir tells it); otherwise a better guess. A listing that follows this sees every entry once, however the directory splits meanwhile.
    /// </summary>
    public static PartitionIndex ForPosition(ulong position, PartitionIndex addressed, int depth) =>
        Correct(Messages.DirectoryPosition.ReverseBits(position << 1), addressed, depth);

    /// <summary>
    /// The next guess for a name, after <paramref name="addressed"/> answered that it has this depth and not the name. The first bit in which the name differs
    /// names the split at which its half went elsewhere.
    /// </summary>
    /// <param name="nameHash"><see cref="PlacementHash.Name"/> of the name.</param>
    /// <param name="addressed">The partition that was asked.</param>
    /// <param name="depth">Its depth as it answered; 0 when there is no such partition.</param>
    public static PartitionIndex Correct(ulong nameHash, PartitionIndex addressed, int depth)
    {
        var birth = BirthDepth(addressed);
        var belongsAtBirth = ((nameHash ^ addressed.Value) & ((1UL << birth) - 1)) == 0;
        if (depth < birth || !belongsAtBirth)
            return default;
        var difference = (nameHash ^ addressed.Value) & ((1UL << Math.Min(depth, MaxDepth)) - 1);
        if (difference == 0)
            return addressed;
        var bit = System.Numerics.BitOperations.TrailingZeroCount(difference);
        return new PartitionIndex((uint)(nameHash & ((1UL << (bit + 1)) - 1)));
    }
}
