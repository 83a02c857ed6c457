using System.Buffers.Binary;

namespace SealFs.Core.Messages;

/// <summary>
/// The order of a directory's entries. A name's position is the bit-reversed hash of the name, shifted so that it fits a kernel directory offset
/// (63 bits) and lifted above the offsets of "." and "..". Because partitions are told apart by the LOW bits of the hash, bit reversal makes each
/// partition one contiguous range of positions: a listing walks the partitions in order, and a position stays valid when partitions split.
/// </summary>
public static class DirectoryPosition
{
    /// <summary>Positions below belong to "." (1) and ".." (2).</summary>
    public const ulong First = 3;

    public const int MaxDepth = 32;

    public static ulong FromHash(ulong nameHash) => Math.Max(ReverseBits(nameHash) >> 1, First);

    /// <summary>True when the name belongs to the partition, given the partition's depth.</summary>
    public static bool Belongs(ulong nameHash, PartitionIndex partition, int depth) => (nameHash & ((1UL << depth) - 1)) == partition.Value;

    /// <summary>The partition of depth <paramref name="depth"/> whose range holds the position.</summary>
    public static PartitionIndex PartitionAt(ulong position, int depth) => new((uint)(ReverseBits(position << 1) & ((1UL << depth) - 1)));

    /// <summary>The first position behind the partition's range; 2^63 behind the last one.</summary>
    public static ulong EndOfRange(PartitionIndex partition, int depth) =>
        depth == 0 ? 1UL << 63 : (ReverseBits(partition.Value) >> 1) + (1UL << (63 - depth));

    public static ulong ReverseBits(ulong value)
    {
        value = ((value >> 1) & 0x5555555555555555) | ((value & 0x5555555555555555) << 1);
        value = ((value >> 2) & 0x3333333333333333) | ((value & 0x3333333333333333) << 2);
        value = ((value >> 4) & 0x0F0F0F0F0F0F0F0F) | ((value & 0x0F0F0F0F0F0F0F0F) << 4);
        return BinaryPrimitives.ReverseEndianness(value);
    }
}
