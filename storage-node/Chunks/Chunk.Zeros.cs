using System.Numerics;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Which blocks hold nothing but zeros.</summary>
public sealed unsafe partial class Chunk
{
    /// <summary>Of the given blocks, which the chunk has, those that read as zeros. Only blocks whose sum allows it are read.</summary>
    public Errno FindZeros(ulong blocks, out ulong zeros)
    {
        zeros = 0;
        for (var rest = blocks; rest != 0; rest &= rest - 1)
        {
            var block = BitOperations.TrailingZeroCount(rest);
            if ((_accept & Bit(block)) == 0 && SumOf(block) != 0)
                continue;
            var data = ChunkScratch.Block;
            var error = _table.Store.Read(Key, (uint)block * ChunkLimits.BlockBytes, data, ChunkLimits.BlockBytes);
            if (error != Errno.None)
                return error;
            if (!new ReadOnlySpan<byte>(data, (int)ChunkLimits.BlockBytes).ContainsAnyExcept((byte)0))
                zeros |= Bit(block);
        }

        return Errno.None;
    }
}
