using System.Runtime.InteropServices;

namespace SealFs.Cli.Benchmarks;

/// <summary>
/// The system calls that are measured. Not through System.IO: opening a FileStream costs an fstat, a lock and an fadvise besides, and a benchmark must
/// count what it says it counts.
/// </summary>
internal static partial class FileCalls
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    private const int AT_FDCWD = -100;
    private const int POSIX_FADV_DONTNEED = 4;
    private const uint STATX_BASIC_STATS = 0x7ff;
    private const int StatxBytes = 256;

    /// <returns>A descriptor.</returns>
    public static int Open(string path, int flags) => Check(open(path, flags, 0x1A4 /* 0644 */), path);

    public static void Close(int descriptor) => Check(close(descriptor), "close");

    public static unsafe void Stat(string path)
    {
        var buffer = stackalloc byte[StatxBytes];
        Check(statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, buffer), path);
    }

    public static void Remove(string path) => Check(unlink(path), path);

    public static unsafe void WriteAt(int descriptor, ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* start = data)
        {
            if (pwrite(descriptor, start, data.Length, offset) != data.Length)
                throw Failure("pwrite");
        }
    }

    /// <returns>Bytes read.</returns>
    public static unsafe int ReadAt(int descriptor, Span<byte> data, long offset)
    {
        fixed (byte* start = data)
        {
            var count = pread(descriptor, start, data.Length, offset);
            return count >= 0 ? (int)count : throw Failure("pread");
        }
    }

    public static void Sync(int descriptor) => Check(fsync(descriptor), "fsync");

    /// <summary>Writes back and drops the kernel's pages of a file, so that reading it asks the file system.</summary>
    public static void Evict(int descriptor)
    {
        Sync(descriptor);
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    }

    private static int Check(int result, string what) => result >= 0 ? result : throw Failure(what);

    private static IOException Failure(string what) => new($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint pwrite(int descriptor, byte* data, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint pread(int descriptor, byte* data, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(int descriptor, long offset, long length, int advice);
}
