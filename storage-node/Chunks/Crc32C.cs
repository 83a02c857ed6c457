using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// CRC-32C (Castagnoli, reflected) without the usual inversion at both ends, so that it is linear: the sum of zeros is zero, and the sum of
/// a ^ b is the sum of a ^ the sum of b. A block's sum is that of its 64 KiB, missing bytes counting as zeros: appending to a block or
/// replacing bytes in it changes the sum by the sum of what changed, shifted by the number of bytes that follow.
/// </summary>
public static unsafe partial class Crc32C
{
    private const uint Polynomial = 0x82F63B78;
    private const int LaneBytes = 1024;

    private static readonly uint[] s_byteTable = MakeByteTable();

    /// <summary>Sum of so many bytes.</summary>
    public static uint Sum(byte* data, int length)
    {
        var crc = 0u;
        while (length >= ChunkLimits.PieceBytes)
        {
            crc = ShiftPiece(crc) ^ SumPiece(data);
            data += ChunkLimits.PieceBytes;
            length -= ChunkLimits.PieceBytes;
        }

        return Continue(crc, data, length);
    }

    public static uint Sum(ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
            return Sum(pointer, data.Length);
    }

    /// <summary>Sum of exactly one piece of 4 KiB: four lanes side by side, because the instruction takes three cycles but can start every cycle.</summary>
    public static uint SumPiece(byte* data)
    {
        if (!Sse42.X64.IsSupported && !Crc32.Arm64.IsSupported)
            return Continue(0, data, ChunkLimits.PieceBytes);
        ulong a = 0, b = 0, c = 0, d = 0;
        for (var i = 0; i < LaneBytes; i += 8)
        {
            a = Step(a, *(ulong*)(data + i));
            b = Step(b, *(ulong*)(data + LaneBytes + i));
            c = Step(c, *(ulong*)(data + (2 * LaneBytes) + i));
            d = Step(d, *(ulong*)(data + (3 * LaneBytes) + i));
        }

        return ShiftLane(ShiftLane(ShiftLane((uint)a) ^ (uint)b) ^ (uint)c) ^ (uint)d;
    }

    /// <summary>The sum of what <paramref name="crc"/> stands for followed by the data.</summary>
    public static uint Continue(uint crc, byte* data, int length)
    {
        if (!Sse42.X64.IsSupported && !Crc32.Arm64.IsSupported)
            return ContinueInSoftware(crc, data, length);
        ulong wide = crc;
        for (; length >= 8; length -= 8, data += 8)
            wide = Step(wide, *(ulong*)data);
        crc = (uint)wide;
        for (; length > 0; length--, data++)
            crc = StepByte(crc, *data);
        return crc;
    }

    /// <summary>The same without the processor's instruction.</summary>
    internal static uint ContinueInSoftware(uint crc, byte* data, int length)
    {
        ref var table = ref MemoryMarshal.GetArrayDataReference(s_byteTable);
        for (; length > 0; length--, data++)
            crc = (crc >> 8) ^ Unsafe.Add(ref table, (byte)crc ^ *data);
        return crc;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Step(ulong crc, ulong data) =>
        Sse42.X64.IsSupported ? Sse42.X64.Crc32(crc, data) : Crc32.Arm64.ComputeCrc32C((uint)crc, data);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint StepByte(uint crc, byte data) =>
        Sse42.IsSupported ? Sse42.Crc32(crc, data) : Crc32.ComputeCrc32C(crc, data);

    private static uint[] MakeByteTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
            table[i] = value;
        }

        return table;
    }
}
