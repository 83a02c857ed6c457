using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>
/// The C library's heap, which RocksDB takes its blocks and memtables from. Left to itself, glibc gives nearly every thread a heap of its own, and puts the megabytes of
/// a memtable beside blocks of 4 KiB after it has seen a few of them freed; what is free between the blocks is then of no use to the next memtable. With four million
/// files and a cache of 192 MiB a node needed 304 MiB instead of 383, and 465 instead of 529 after lookups at random.
/// </summary>
internal static unsafe class NativeHeap
{
    // malloc.h.
    private const int M_TRIM_THRESHOLD = -1;
    private const int M_MMAP_THRESHOLD = -3;
    private const int M_ARENA_MAX = -8;

    /// <summary>Requests are executed by about as many threads as there are processors, and most of them find what they need in memory.</summary>
    private const int Arenas = 2;

    /// <summary>Larger pieces come from the kernel and go back to it: parts of memtables, buffers of compactions.</summary>
    private const int OwnMappingBytes = 256 * 1024;

    /// <summary>Free bytes at the end of a heap that are kept.</summary>
    private const int KeptBytes = 4 * 1024 * 1024;

    /// <summary>As early as possible: heaps that exist stay in use.</summary>
    public static void Limit()
    {
        // Other C libraries have no such call, and no such heaps.
        if (!NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "mallopt", out var address))
            return;
        var mallopt = (delegate* unmanaged<int, int, int>)address;
        _ = mallopt(M_ARENA_MAX, Arenas);
        _ = mallopt(M_MMAP_THRESHOLD, OwnMappingBytes);
        _ = mallopt(M_TRIM_THRESHOLD, KeptBytes);
    }
}
