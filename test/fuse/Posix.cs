using System.Runtime.InteropServices;
using System.Text;

namespace SealFs.Fuse.Tests;

/// <summary>System calls as an application makes them, with names as bytes. Each returns the result or a negated errno.</summary>
internal static unsafe partial class Posix
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_TMPFILE = 0x410000;
    private const int O_CLOEXEC = 0x80000;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;
    private const int AT_FDCWD = -100;

    /// <summary>A path ended by NUL, from a directory and a name of bytes.</summary>
    public static byte[] At(string directory, ReadOnlySpan<byte> name) => [.. Encoding.UTF8.GetBytes(directory), (byte)'/', .. name, 0];

    public static byte[] At(string directory, string name) => At(directory, Encoding.UTF8.GetBytes(name));

    /// <summary>
    /// Closed-on-exec, always: no process that a test starts may hold a file of a mount.
    /// </summary>
    public static int Open(byte[] path, int flags, uint mode = 0x1A4) => Result(Native.open(path, flags | O_CLOEXEC, mode));

    public static int Close(int fd) => Result(Native.close(fd));

    public static long Read(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer) return Result(Native.pread(fd, start, buffer.Length, offset));
    }

    public static long Write(int fd, ReadOnlySpan<byte> buffer, long offset)
    {
        fixed (byte* start = buffer) return Result(Native.pwrite(fd, start, buffer.Length, offset));
    }

    public static long Append(int fd, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer) return Result(Native.write(fd, start, buffer.Length));
    }

    /// <summary>A memfd, closed-on-exec, of null bytes.</summary>
    public static int Memory(long sizeBytes)
    {
        var fd = Result(Native.memfd_create("sealfs-test", 1));
        return Result(Native.ftruncate(fd, sizeBytes)) < 0 ? throw new InvalidOperationException("ftruncate failed") : fd;
    }

    /// <summary>Two ends of a socket that keeps messages apart, as /dev/fuse does.</summary>
    public static (int Here, int There) MessagePair()
    {
        const int unixDomain = 1;
        const int sequencedPackets = 5;
        var pair = stackalloc int[2];
        return Result(Native.socketpair(unixDomain, sequencedPackets | O_CLOEXEC, 0, pair)) < 0 ? throw new InvalidOperationException("socketpair failed") : (pair[0], pair[1]);
    }

    /// <summary>The next message.</summary>
    public static long Receive(int fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer) return Result(Native.read(fd, start, buffer.Length));
    }

    public static int MkDir(byte[] path, uint mode = 0x1ED) => Result(Native.mkdir(path, mode));

    public static int RmDir(byte[] path) => Result(Native.rmdir(path));

    public static int Unlink(byte[] path) => Result(Native.unlink(path));

    public static int Link(byte[] oldPath, byte[] newPath) => Result(Native.link(oldPath, newPath));

    public static int Symlink(byte[] target, byte[] path) => Result(Native.symlink(target, path));

    public static int MkNod(byte[] path, uint mode, ulong device) => Result(Native.mknod(path, mode, device));

    public static int Rename(byte[] oldPath, byte[] newPath, uint flags = 0) => Result(Native.renameat2(AT_FDCWD, oldPath, AT_FDCWD, newPath, flags));

    public static int Truncate(byte[] path, long length) => Result(Native.truncate(path, length));

    public static int ChMod(byte[] path, uint mode) => Result(Native.chmod(path, mode));

    public static int ChOwn(byte[] path, uint uid, uint gid) => Result(Native.chown(path, uid, gid));

    public static int FChMod(int fd, uint mode) => Result(Native.fchmod(fd, mode));

    public static int OpenAt(int directory, string name, int flags, uint mode = 0x1A4) =>
        Result(Native.openat(directory, [.. Encoding.UTF8.GetBytes(name), 0], flags | O_CLOEXEC, mode));

    public static int FSync(int fd) => Result(Native.fsync(fd));

    public static int FAllocate(int fd, int mode, long offset, long length) => Result(Native.fallocate(fd, mode, offset, length));

    public static long Seek(int fd, long offset, int whence) => Result(Native.lseek(fd, offset, whence));

    public static long CopyRange(int source, long from, int target, long to, long length) =>
        Result(Native.copy_file_range(source, &from, target, &to, length, 0));

    public static byte[] ReadLink(byte[] path)
    {
        var buffer = stackalloc byte[4096];
        var length = Native.readlink(path, buffer, 4096);
        return length < 0 ? [] : new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
    }

    public static int SetTimes(byte[] path, long accessSeconds, long accessNs, long modifySeconds, long modifyNs)
    {
        var times = stackalloc long[] { accessSeconds, accessNs, modifySeconds, modifyNs };
        return Result(Native.utimensat(AT_FDCWD, path, times, 0));
    }

    public static int SetXattr(byte[] path, string name, ReadOnlySpan<byte> value, int flags = 0)
    {
        fixed (byte* start = value) return Result(Native.setxattr(path, name, start, value.Length, flags));
    }

    /// <summary>The value's length, with as much of it as the buffer takes.</summary>
    public static long GetXattr(byte[] path, string name, Span<byte> buffer)
    {
        fixed (byte* start = buffer) return Result(Native.getxattr(path, name, start, buffer.Length));
    }

    public static long ListXattr(byte[] path, Span<byte> buffer)
    {
        fixed (byte* start = buffer) return Result(Native.listxattr(path, start, buffer.Length));
    }

    public static int RemoveXattr(byte[] path, string name) => Result(Native.removexattr(path, name));

    public static int Stat(byte[] path, out FileStatus status)
    {
        fixed (FileStatus* target = &status) return Result(Native.statx(AT_FDCWD, path, 0x100, 0x7FF, target));
    }

    /// <summary>fstat(2).</summary>
    public static int Stat(int fd, out FileStatus status)
    {
        fixed (FileStatus* target = &status) return Result(Native.statx(fd, [0], 0x1000 /* AT_EMPTY_PATH */, 0x7FF, target));
    }

    /// <summary>The mode as the kernel believes it where it need not ask: what execve(2) goes by.</summary>
    public static uint BelievedMode(byte[] path)
    {
        FileStatus status;
        return Native.statx(AT_FDCWD, path, 0x100, 2 /* STATX_MODE */, &status) == 0 ? status.Mode : 0u;
    }

    /// <summary>Runs on a thread with the file system identity of another user, without the capabilities of root.</summary>
    public static void AsUser(uint uid, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            _ = Native.setfsuid(uid);
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw new InvalidOperationException($"As user {uid}: {failure.Message}", failure);
    }

    /// <summary>getdents(2) of an open directory: a negated errno, or the number of entries without "." and "..".</summary>
    public static int CountEntries(int fd)
    {
        var buffer = stackalloc byte[4096];
        var count = 0;
        long length;
        while ((length = Native.syscall(217, fd, buffer, 4096)) > 0)
        {
            for (var at = 0; at < length; at += *(ushort*)(buffer + at + 16))
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + at + 19);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8)) count++;
            }
        }
        return length < 0 ? -Marshal.GetLastPInvokeError() : count;
    }

    public static FileStatus Stat(byte[] path)
    {
        var result = Stat(path, out var status);
        return result == 0 ? status : throw new IOException($"stat {Encoding.UTF8.GetString(path)}: errno {-result}");
    }

    /// <summary>The names in a directory without "." and "..", as bytes in Latin-1.</summary>
    public static List<string> List(string directory, int chunkBytes = 32768)
    {
        var fd = Open(At(directory, "."), O_RDONLY | 0x10000);
        if (fd < 0) throw new IOException($"open {directory}: errno {-fd}");
        var names = new List<string>();
        var buffer = new byte[chunkBytes];
        fixed (byte* start = buffer)
        {
            long length;
            while ((length = Native.syscall(217, fd, start, chunkBytes)) > 0)
            {
                for (var at = 0; at < length; at += *(ushort*)(start + at + 16))
                    names.Add(Encoding.Latin1.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(start + at + 19)));
            }
            if (length < 0) throw new IOException($"getdents {directory}: errno {Marshal.GetLastPInvokeError()}");
        }
        Close(fd);
        return [.. names.Where(name => name is not ("." or ".."))];
    }

    private static int Result(int value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();

    private static long Result(nint value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();
}
