using System.Buffers.Binary;
using System.Numerics;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// What the table of chunks holds about a chunk, little-endian:
/// <code>
///  0 u8  format       3
///  1 u32 end          bytes stored lie below; exact while no block is dirty, else an upper bound (the file's own length is then the truth)
///  5 u32 accounted    bytes that this chunk counts for in its volume's usage
///  9 u64 blocks       blocks that hold data; what a file has elsewhere is meaningless
/// 17 u64 dirty        blocks whose sums are not to be relied on: written since the record was
/// 25 u32 generation   of the file that has the bytes: see ChunkKey.Generation
/// 29 u32 first end    where the last of the pieces below ends that was written for the first time; 0 for none
/// 33 u64 lost         blocks of which pieces are lost: written, never synced, and gone after a loss of power
/// 41 u8  flags        1: bytes may be on the disk that are newer than the sums
/// 42 u32 × n          sums of the blocks that hold data and are not dirty, in order
///    u16 × n          for each dirty block, the pieces in which something other than zeros was written where nothing was before
///    u16 × n          for each block of which pieces are lost, which
///    tails            bytes in dirty blocks that were appended inside a piece and may not be on the disk: see ChunkTail
/// </code>
/// </summary>
public ref struct ChunkRecord
{
    public const byte Format = 3;
    public const int HeadBytes = 42;
    private const byte OldSums = 1;
    public const int MaxBytes = HeadBytes + ((4 + 2) * ChunkLimits.MaxBlocks) + (ChunkLimits.Tails * ChunkTail.MaxBytes);

    public uint EndBytes;
    public uint AccountedBytes;
    public ulong Blocks;
    public ulong Dirty;
    public uint Generation;
    public uint FirstEndBytes;
    public ulong MissingBlocks;

    /// <summary>Clean blocks were being written over: their bytes may be newer than their sums.</summary>
    public bool SumsMayBeOld;

    /// <summary>Bytes of the sums, four each.</summary>
    public ReadOnlySpan<byte> Sums;

    /// <summary>For the dirty blocks, two each.</summary>
    public ReadOnlySpan<byte> FirstPieces;

    /// <summary>Two each.</summary>
    public ReadOnlySpan<byte> MissingPieces;

    /// <summary>As <see cref="ChunkTail"/> writes them.</summary>
    public ReadOnlySpan<byte> Tails;

    /// <summary>Blocks that have a sum in the record.</summary>
    public readonly ulong Clean => Blocks & ~Dirty;

    /// <summary>Blocks whose bytes are taken as they are after a loss of power.</summary>
    public readonly ulong Untrusted => SumsMayBeOld ? Blocks : Dirty;

    public static bool TryRead(ReadOnlySpan<byte> source, out ChunkRecord record)
    {
        record = default;
        if (source.Length < HeadBytes || source[0] != Format)
            return false;
        record.EndBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[1..]);
        record.AccountedBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[5..]);
        record.Blocks = BinaryPrimitives.ReadUInt64LittleEndian(source[9..]);
        record.Dirty = BinaryPrimitives.ReadUInt64LittleEndian(source[17..]);
        record.Generation = BinaryPrimitives.ReadUInt32LittleEndian(source[25..]);
        record.FirstEndBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[29..]);
        record.MissingBlocks = BinaryPrimitives.ReadUInt64LittleEndian(source[33..]);
        record.SumsMayBeOld = (source[41] & OldSums) != 0;
        var sums = 4 * BitOperations.PopCount(record.Clean);
        var first = 2 * BitOperations.PopCount(record.Dirty);
        var missing = 2 * BitOperations.PopCount(record.MissingBlocks);
        if (((record.Dirty | record.MissingBlocks) & ~record.Blocks) != 0 || source.Length < HeadBytes + sums + first + missing)
            return false;
        record.Sums = source.Slice(HeadBytes, sums);
        record.FirstPieces = source.Slice(HeadBytes + sums, first);
        record.MissingPieces = source.Slice(HeadBytes + sums + first, missing);
        record.Tails = source[(HeadBytes + sums + first + missing)..];
        return record.EndBytes <= ChunkLimits.MaxChunkBytes && record.FirstEndBytes <= record.EndBytes && ChunkTail.AreValid(record.Tails, record.Dirty, record.EndBytes);
    }

    public readonly void WriteHead(Span<byte> target)
    {
        target[0] = Format;
        BinaryPrimitives.WriteUInt32LittleEndian(target[1..], EndBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[5..], AccountedBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(target[9..], Blocks);
        BinaryPrimitives.WriteUInt64LittleEndian(target[17..], Dirty);
        BinaryPrimitives.WriteUInt32LittleEndian(target[25..], Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(target[29..], FirstEndBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(target[33..], MissingBlocks);
        target[41] = SumsMayBeOld ? OldSums : (byte)0;
    }
}
