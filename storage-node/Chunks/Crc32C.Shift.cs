using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Chunks;

/// <summary>Shifting a sum: what it becomes when zeros follow. Multiplication by x^(8n), from tables of the powers of two.</summary>
public static unsafe partial class Crc32C
{
    private const int ShiftPowers = 17;
    private const int TableEntries = 4 * 256;

    /// <summary>For 2^k bytes: four tables of 256 entries, one per byte of the sum.</summary>
    private static readonly uint[] s_shift = MakeShiftTables();

    /// <summary>The sum of the same data with so many zeros behind; at most 128 KiB less one.</summary>
    public static uint Shift(uint crc, int zeros)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)zeros, 1u << ShiftPowers);
        if (crc == 0)
            return 0;
        for (var rest = (uint)zeros; rest != 0; rest &= rest - 1)
            crc = ShiftPower(crc, BitOperations.TrailingZeroCount(rest));
        return crc;
    }

    /// <summary>Sum of a block from the sums of its pieces.</summary>
    public static uint Combine(ReadOnlySpan<uint> pieces)
    {
        var crc = 0u;
        foreach (var piece in pieces)
            crc = ShiftPiece(crc) ^ piece;
        return crc;
    }

    private static uint ShiftPiece(uint crc) => ShiftPower(crc, 12);

    private static uint ShiftLane(uint crc) => ShiftPower(crc, 10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ShiftPower(uint crc, int power)
    {
        ref var table = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(s_shift), power * TableEntries);
        return Unsafe.Add(ref table, (byte)crc)
            ^ Unsafe.Add(ref table, 256 + (byte)(crc >> 8))
            ^ Unsafe.Add(ref table, 512 + (byte)(crc >> 16))
            ^ Unsafe.Add(ref table, 768 + (int)(crc >> 24));
    }

    private static uint[] MakeShiftTables()
    {
        var tables = new uint[ShiftPowers * TableEntries];
        var zero = stackalloc byte[1];
        zero[0] = 0;
        for (var power = 0; power < ShiftPowers; power++)
        {
            for (var entry = 0; entry < TableEntries; entry++)
            {
                var value = (uint)(entry & 255) << (entry >> 8 << 3);
                tables[(power * TableEntries) + entry] = power == 0
                    ? ContinueInSoftware(value, zero, 1)
                    : Apply(tables, power - 1, Apply(tables, power - 1, value));
            }
        }

        return tables;
    }

    private static uint Apply(uint[] tables, int power, uint crc)
    {
        var start = power * TableEntries;
        return tables[start + (byte)crc] ^ tables[start + 256 + (byte)(crc >> 8)] ^ tables[start + 512 + (byte)(crc >> 16)] ^ tables[start + 768 + (int)(crc >> 24)];
    }
}
