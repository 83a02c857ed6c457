using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Chunks;

/// <summary>The real thing. Every call that a signal interrupted is made again.</summary>
public sealed unsafe partial class LinuxChunkDevice : IChunkDevice
{
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_CLOEXEC = 0x80000;
    private const int SEEK_END = 2;
    private const int FALLOC_FL_KEEP_SIZE = 1;
    private const int FALLOC_FL_PUNCH_HOLE = 2;
    private const int EINTR = 4;
    private const int RWF_NOWAIT = 8;
    private const uint SYNC_FILE_RANGE_WRITE = 2;

    public static LinuxChunkDevice Instance { get; } = new();

    public int Open(byte* path, bool create)
    {
        int result;
        do
            result = Result(open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0x180 /* 0600 */));
        while (result == -EINTR);
        return result;
    }

    public void Close(int descriptor) => _ = close(descriptor);

    public nint Read(int descriptor, byte* target, nuint lengthBytes, long offsetBytes)
    {
        nint result;
        do
            result = Result(pread(descriptor, target, lengthBytes, offsetBytes));
        while (result == -EINTR);
        return result;
    }

    public nint ReadNow(int descriptor, byte* target, nuint lengthBytes, long offsetBytes)
    {
        var vector = new IoVector { Base = target, Length = lengthBytes };
        return Result(preadv2(descriptor, &vector, 1, offsetBytes, RWF_NOWAIT));
    }

    public nint Write(int descriptor, byte* source, nuint lengthBytes, long offsetBytes)
    {
        nint result;
        do
            result = Result(pwrite(descriptor, source, lengthBytes, offsetBytes));
        while (result == -EINTR);
        return result;
    }

    public int Allocate(int descriptor, long offsetBytes, long lengthBytes) =>
        Allocate(descriptor, FALLOC_FL_KEEP_SIZE, offsetBytes, lengthBytes);

    public int Punch(int descriptor, long offsetBytes, long lengthBytes) =>
        Allocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offsetBytes, lengthBytes);

    public int Truncate(int descriptor, long lengthBytes)
    {
        int result;
        do
            result = Result(ftruncate(descriptor, lengthBytes));
        while (result == -EINTR);
        return result;
    }

    public long GetLength(int descriptor) => Result((nint)lseek(descriptor, 0, SEEK_END));

    public int StartWriteback(int descriptor, long offsetBytes, long lengthBytes) =>
        Result(sync_file_range(descriptor, offsetBytes, lengthBytes, SYNC_FILE_RANGE_WRITE));

    public int SyncData(int descriptor)
    {
        int result;
        do
            result = Result(fdatasync(descriptor));
        while (result == -EINTR);
        return result;
    }

    public int SyncFileSystem(int descriptor) => Result(syncfs(descriptor));

    public int Unlink(byte* path) => Result(unlink(path));

    public int MakeDirectory(byte* path) => Result(mkdir(path, 0x1C0 /* 0700 */));

    public int RemoveDirectory(byte* path) => Result(rmdir(path));

    private static int Allocate(int descriptor, int mode, long offsetBytes, long lengthBytes)
    {
        int result;
        do
            result = Result(fallocate(descriptor, mode, offsetBytes, lengthBytes));
        while (result == -EINTR);
        return result;
    }

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    private static nint Result(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint preadv2(int descriptor, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int descriptor, byte* target, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int descriptor, byte* source, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int descriptor, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(int descriptor, long offset, long length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink(byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdir(byte* path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int rmdir(byte* path);
}
