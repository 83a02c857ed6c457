using System.Runtime.InteropServices;

namespace SealFs.Client.Buffering;

/// <summary>
/// A dirty range in shared memory, 64 bytes. <see cref="State"/> makes it valid: it is one 64-bit store, done after the other fields and the data are there.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ExtentHeader
{
    public const int Size = 64;
    public const ulong DirtyMark = 0x5EA1UL << 48;
    public const ulong KeptMark = 0x5EA2UL << 48;
    private const ulong MarkMask = 0xFFFFUL << 48;

    [FieldOffset(0)]
    public ulong Inode;

    [FieldOffset(8)]
    public ulong FileOffset;

    /// <summary>Where ranges of a file overlap, the one with the higher order is the newer.</summary>
    [FieldOffset(16)]
    public ulong Order;

    /// <summary>0 when free; else length in bytes in the low 32 bits, units in the next 16, and above that <see cref="DirtyMark"/>, or <see cref="KeptMark"/> once a server has it and may lose it.</summary>
    [FieldOffset(24)]
    public ulong State;

    [FieldOffset(32)]
    public long ModifyTimeNs;

    /// <summary>1 when set-user-id and set-group-id have to go with this write.</summary>
    [FieldOffset(40)]
    public uint KillSetIds;

    /// <summary>Of a kept range: the write verifier of its shard when it was acknowledged.</summary>
    [FieldOffset(48)]
    public ulong Verifier;

    /// <summary>0 for what was not appended; else the run in the low 62 bits, and above it <see cref="NotPlaced"/>.</summary>
    [FieldOffset(56)]
    public ulong Append;

    public const ulong NotPlaced = 1UL << 63;
    public const ulong RunMask = (1UL << 62) - 1;

    public readonly bool IsDirty => (State & MarkMask) == DirtyMark;

    public readonly bool IsKept => (State & MarkMask) == KeptMark;

    public readonly int Length => (int)(uint)State;

    public readonly int Units => (int)((State >> 32) & 0xFFFF);

    public static ulong StateOf(int length, int units) => DirtyMark | ((ulong)units << 32) | (uint)length;

    public static ulong KeptStateOf(int length, int units) => KeptMark | ((ulong)units << 32) | (uint)length;
}
