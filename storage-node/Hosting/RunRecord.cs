using System.Buffers.Binary;
using SealFs.StorageNode.Chunks;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// What a directory knows of the node's last start and end, little-endian:
/// <code>
///  0 u64  magic
///  8 u64  sequence      of this writing: of two records the one with the greater number counts
/// 16 u64  incarnation   of the node's last start
/// 24 u128 boot id       of the kernel that it started under
/// 40 u8   flags         1 the run has ended, and everything was synced before · 2 acknowledged changes may be lost, and shards have no new write verifiers yet ·
///                       4 acknowledged changes may have been lost in some run
/// 41      zeros
/// 60 u32  CRC-32C of the bytes before
/// </code>
/// </summary>
internal readonly record struct RunRecord(ulong Sequence, ulong Incarnation, Guid BootId, bool HasEnded, bool MayHaveLost, bool HasEverLost)
{
    public const int Size = 64;

    private const ulong Magic = 0x31_6E_75_52_6C_61_65_53; // "SealRun1"
    private const int ChecksumAt = 60;
    private const byte EndedFlag = 1;
    private const byte LossFlag = 2;
    private const byte EverLostFlag = 4;

    public void Write(Span<byte> target)
    {
        target[..Size].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], Incarnation);
        BootId.TryWriteBytes(target[24..]);
        target[40] = (byte)((HasEnded ? EndedFlag : 0) | (MayHaveLost ? LossFlag : 0) | (HasEverLost ? EverLostFlag : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(target[ChecksumAt..], Checksum(target));
    }

    /// <summary>False for bytes that are no whole record.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out RunRecord record)
    {
        record = default;
        if (source.Length < Size || BinaryPrimitives.ReadUInt64LittleEndian(source) != Magic)
            return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumAt..]) != Checksum(source))
            return false;
        record = new RunRecord(
            BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            new Guid(source.Slice(24, 16)),
            (source[40] & EndedFlag) != 0,
            (source[40] & LossFlag) != 0,
            (source[40] & EverLostFlag) != 0);
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) => Crc32C.Sum(bytes[..ChecksumAt]);
}
