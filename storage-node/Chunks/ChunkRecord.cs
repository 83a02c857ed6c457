using System.Buffers.Binary;
using System.Numerics;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// What the table of chunks holds about a chunk, little-endian:
/// <code>
///  0 u8  format       1
///  1 u32 end          bytes stored lie below; exact while no block is dirty, else an upper bound (the file's own length is then the truth)
///  5 u32 accounted    bytes that this chunk counts for in its volume's usage
///  9 u64 blocks       blocks that hold data; what a file has elsewhere is meaningless
/// 17 u64 dirty        blocks whose sums are not to be relied on: written since the record was
/// 25 u32 × n          sums of the blocks that hold data and are not dirty, in order
/// </code>
/// </summary>
public ref struct ChunkRecord
{
    public const byte Format = 1;
    public const int HeadBytes = 25;
    public const int MaxBytes = HeadBytes + (4 * ChunkLimits.MaxBlocks);

    public uint EndBytes;
    public uint AccountedBytes;
    public ulong Blocks;
    public ulong Dirty;

    /// <summary>Bytes of the sums, four each.</summary>
    public ReadOnlySpan<byte> Sums;

    public readonly ulong Clean => Blocks & ~Dirty;

    public static bool TryRead(ReadOnlySpan<byte> source, out ChunkRecord record)
    {
        record = default;
        if (source.Length < HeadBytes || source[0] != Format)
            return false;
        record.EndBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[1..]);
        record.AccountedBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[5..]);
        record.Blocks = BinaryPrimitives.ReadUInt64LittleEndian(source[9..]);
        record.Dirty = BinaryPrimitives.ReadUInt64LittleEndian(source[17..]);
        record.Sums = source[HeadBytes..];
        return record.EndBytes <= ChunkLimits.MaxChunkBytes
            && (record.Dirty & ~record.Blocks) == 0
            && record.Sums.Length == 4 * BitOperations.PopCount(record.Clean);
    }

    public readonly void WriteHead(Span<byte> target)
    {
        target[0] = Format;
        BinaryPrimitives.WriteUInt32LittleEndian(target[1..], EndBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[5..], AccountedBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(target[9..], Blocks);
        BinaryPrimitives.WriteUInt64LittleEndian(target[17..], Dirty);
    }
}
