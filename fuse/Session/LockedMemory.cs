using System.Runtime.InteropServices;
using SealFs.Fuse.Native;

namespace SealFs.Fuse.Session;

/// <summary>
/// Native memory that is resident from the start and locked if the limit (RLIMIT_MEMLOCK) allows: a daemon that is killed while the kernel copies
/// from or into a page that is not resident leaves the application with EIO.
/// </summary>
internal static unsafe class LockedMemory
{
    private const int PROT_READ = 1;
    private const int PROT_WRITE = 2;
    private const int MAP_SHARED = 0x01;
    private const int MAP_PRIVATE = 0x02;
    private const int MAP_ANONYMOUS = 0x20;
    private const int MAP_POPULATE = 0x8000;

    /// <summary>Maps and fills in memory. Without the right to lock it, it is still resident unless the machine swaps.</summary>
    public static byte* Allocate(int sizeBytes, IFuseObserver? observer)
    {
        var memory = Libc.mmap(null, (nuint)sizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if ((nint)memory == -1) throw new FuseException($"mmap of {sizeBytes} bytes", Marshal.GetLastPInvokeError());
        if (Libc.mlock(memory, (nuint)sizeBytes) != 0) observer?.MemoryNotLocked(sizeBytes, Marshal.GetLastPInvokeError());
        return memory;
    }

    public static void Free(byte* memory, int sizeBytes) => Libc.munmap(memory, (nuint)sizeBytes);

    /// <summary>Maps a part of a memfd, shared; nothing of it is resident before <see cref="MakeResident"/>.</summary>
    public static byte* Map(int descriptor, long offset, long sizeBytes)
    {
        var memory = Libc.mmap(null, (nuint)sizeBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, (nint)offset);
        return (nint)memory != -1 ? memory : throw new FuseException($"mmap of {sizeBytes} bytes", Marshal.GetLastPInvokeError());
    }

    public static void Unmap(byte* memory, long sizeBytes) => Libc.munmap(memory, (nuint)sizeBytes);

    /// <summary>The same as <see cref="Allocate"/> for shared memory, whose content stays. MAP_POPULATE would map such pages, but not for writing.</summary>
    public static void MakeResident(byte* memory, int sizeBytes, IFuseObserver? observer)
    {
        for (var offset = 0; offset < sizeBytes; offset += RequestLayout.PageBytes)
            Volatile.Write(ref memory[offset], Volatile.Read(ref memory[offset]));
        if (Libc.mlock(memory, (nuint)sizeBytes) != 0) observer?.MemoryNotLocked(sizeBytes, Marshal.GetLastPInvokeError());
    }
}
