using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Chunks;

/// <summary>Native memory of a thread for bytes that are only looked at: one block and one piece.</summary>
internal static unsafe class ChunkScratch
{
    [ThreadStatic]
    private static byte* t_memory;

    public static byte* Block => Memory;

    public static byte* Piece => Memory + ChunkLimits.BlockBytes;

    // Lives as long as the process: the threads that come here are the server's own, which do.
    private static byte* Memory =>
        t_memory != null ? t_memory : t_memory = (byte*)NativeMemory.AlignedAlloc(ChunkLimits.BlockBytes + ChunkLimits.PieceBytes, ChunkLimits.PieceBytes);
}
