using System.Numerics;
using SealFs.Core;
using SealFs.StorageNode.Chunks;

namespace SealFs.StorageNode.Replication;

/// <summary>A chunk of a copy: its file against its record, straight from the store, since nobody serves it here.</summary>
internal static unsafe class CopiedChunk
{
    /// <summary>The sum that a record has of a block; null when the block is a hole or is taken as it is.</summary>
    public static uint? SumOf(scoped in ChunkRecord record, int block)
    {
        var clean = record.Clean;
        if ((clean & ~record.Untrusted & (1UL << block)) == 0)
            return null;
        var index = BitOperations.PopCount(clean & ((1UL << block) - 1));
        return BitConverter.ToUInt32(record.Sums[(index * sizeof(uint))..]);
    }

    /// <summary>The clean blocks whose bytes in the file do not have the sum in the record.</summary>
    public static ulong Differing(IChunkStore store, in ChunkKey key, scoped in ChunkRecord record)
    {
        var clean = record.Clean & ~record.Untrusted;
        if (clean == 0)
            return 0;
        var file = key with { Generation = record.Generation };
        if (store.GetLength(file, out var length) != Errno.None)
            return clean;
        var differing = 0UL;
        for (var rest = clean; rest != 0; rest &= rest - 1)
        {
            var block = BitOperations.TrailingZeroCount(rest);
            var start = (uint)block * ChunkLimits.BlockBytes;
            var sum = SumOf(in record, block);
            if (start >= length)
            {
                // A missing block is zeros, whose sum is 0.
                differing |= sum == 0 ? 0 : 1UL << block;
                continue;
            }

            var scratch = ChunkScratch.Block;
            if (store.Read(file, start, scratch, ChunkLimits.BlockBytes) != Errno.None || Crc32C.Sum(Trimmed(scratch, start, record.EndBytes), ChunkLimits.BlockBytes) != sum)
                differing |= 1UL << block;
        }

        return differing;
    }

    /// <summary>What a file has behind the record's end means nothing.</summary>
    private static byte* Trimmed(byte* block, uint start, uint end)
    {
        var inside = end <= start ? 0 : (int)Math.Min(end - start, ChunkLimits.BlockBytes);
        new Span<byte>(block + inside, ChunkLimits.BlockBytes - inside).Clear();
        return block;
    }
}
