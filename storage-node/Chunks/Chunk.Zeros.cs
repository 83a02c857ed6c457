using System.Numerics;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Which blocks hold nothing but zeros.</summary>
public sealed unsafe partial class Chunk
{
    /// <summary>Of the given blocks, which the chunk has, those that read as zeros; not those of which something is lost. Only blocks whose sum allows it are read.</summary>
    public Errno FindZeros(ulong blocks, out ulong zeros)
    {
        zeros = 0;
        for (var rest = blocks; rest != 0; rest &= rest - 1)
        {
            var block = BitOperations.TrailingZeroCount(rest);
            if ((_accept & Bit(block)) != 0)
            {
                var taken = LoadBlock(block);
                if (taken != Errno.None)
                    return taken;
            }

            if (SumOf(block) != 0 || (_missing.Blocks & Bit(block)) != 0)
                continue;
            var data = ChunkScratch.Block;
            var error = ReadBlock(block, data);
            if (error != Errno.None)
                return error;
            if (!new ReadOnlySpan<byte>(data, (int)ChunkLimits.BlockBytes).ContainsAnyExcept((byte)0))
                zeros |= Bit(block);
        }

        return Errno.None;
    }
}
