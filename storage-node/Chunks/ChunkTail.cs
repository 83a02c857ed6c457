using System.Buffers.Binary;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Bytes of a chunk that its record has too, all in one piece of 4 KiB: see Chunk.Tails.cs. In a record, little-endian:
/// <code>0 u32 start, bytes from the beginning of the chunk   4 u16 length, bytes, 1 to 4096   6 the bytes</code>
/// </summary>
internal sealed class ChunkTail(uint start, byte[] bytes)
{
    public const int HeadBytes = 6;
    public const int MaxBytes = HeadBytes + ChunkLimits.PieceBytes;

    public uint Start => start;

    public uint End => start + (uint)bytes.Length;

    public byte[] Bytes => bytes;

    /// <summary>Writes it; returns the bytes used.</summary>
    public int Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, start);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], (ushort)bytes.Length);
        bytes.CopyTo(target[HeadBytes..]);
        return HeadBytes + bytes.Length;
    }

    /// <summary>Whether these are tails one after the other, all of them in dirty blocks and before the end.</summary>
    public static bool AreValid(ReadOnlySpan<byte> source, ulong dirty, uint endBytes)
    {
        for (var count = 0; source.Length != 0; count++)
        {
            if (source.Length < HeadBytes || count == ChunkLimits.Tails)
                return false;
            var start = BinaryPrimitives.ReadUInt32LittleEndian(source);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(source[4..]);
            if (length == 0 || source.Length < HeadBytes + length || start >= endBytes || length > endBytes - start || start % ChunkLimits.PieceBytes + length > ChunkLimits.PieceBytes)
                return false;
            if ((dirty & (1UL << (int)(start / ChunkLimits.BlockBytes))) == 0)
                return false;
            source = source[(HeadBytes + length)..];
        }

        return true;
    }

    /// <summary>Tails that are valid.</summary>
    public static ChunkTail[] Read(ReadOnlySpan<byte> source)
    {
        if (source.Length == 0)
            return [];
        var tails = new List<ChunkTail>();
        while (source.Length != 0)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(source[4..]);
            tails.Add(new(BinaryPrimitives.ReadUInt32LittleEndian(source), source.Slice(HeadBytes, length).ToArray()));
            source = source[(HeadBytes + length)..];
        }

        return [.. tails];
    }
}
