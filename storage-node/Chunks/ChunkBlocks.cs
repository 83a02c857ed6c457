namespace SealFs.StorageNode.Chunks;

/// <summary>Arithmetic of blocks in a chunk: bit i of a mask stands for block i.</summary>
internal static class ChunkBlocks
{
    /// <summary>The blocks that a range of at least one byte touches.</summary>
    public static ulong Touched(uint offset, uint length)
    {
        var first = (int)(offset / ChunkLimits.BlockBytes);
        var last = (int)((offset + length - 1) / ChunkLimits.BlockBytes);
        return From(first) & Through(last);
    }

    /// <summary>The blocks that lie in a range as a whole.</summary>
    public static ulong Covered(uint offset, uint length)
    {
        var first = (int)((offset + ChunkLimits.BlockBytes - 1) / ChunkLimits.BlockBytes);
        var end = (int)((offset + length) / ChunkLimits.BlockBytes);
        return first >= end ? 0 : From(first) & Through(end - 1);
    }

    public static ulong From(int block) => block >= 64 ? 0 : ulong.MaxValue << block;

    public static ulong Through(int block) => block >= 63 ? ulong.MaxValue : (1UL << (block + 1)) - 1;

    public static int CountFor(uint length) => (int)((length + ChunkLimits.BlockBytes - 1) / ChunkLimits.BlockBytes);
}
