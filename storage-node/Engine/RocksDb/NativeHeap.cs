using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>
/// The C library's heap, which RocksDB takes its blocks and memtables from. glibc gives nearly every thread a heap of its own, and a block that one thread has read is
/// freed by another when the cache evicts it: the free room of the heaps came to three quarters of the cache with ten million files, and is less than a tenth with
/// two heaps.
/// </summary>
internal static unsafe partial class NativeHeap
{
    /// <summary>M_ARENA_MAX of malloc.h.</summary>
    private const int ArenaMax = -8;

    /// <summary>Requests are executed by about as many threads as there are processors, and RocksDB's own caches spare them most calls.</summary>
    private const int Arenas = 2;

    /// <summary>As early as possible: heaps that exist stay in use.</summary>
    public static void Limit()
    {
        // Other C libraries have no such call, and no such heaps.
        if (NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "mallopt", out var mallopt))
            _ = ((delegate* unmanaged<int, int, int>)mallopt)(ArenaMax, Arenas);
    }
}
