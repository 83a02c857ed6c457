using System.Runtime.InteropServices;

namespace SealFs.Fuse.Tests;

/// <content>The declarations.</content>
internal static unsafe partial class Posix
{
    private static partial class Native
    {
        [LibraryImport("libc", SetLastError = true)]
        public static partial int open(byte[] path, int flags, uint mode);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int close(int fd);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint pread(int fd, byte* buffer, nint count, long offset);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint pwrite(int fd, byte* buffer, nint count, long offset);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint write(int fd, byte* buffer, nint count);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int mkdir(byte[] path, uint mode);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int rmdir(byte[] path);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int unlink(byte[] path);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int link(byte[] oldPath, byte[] newPath);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int symlink(byte[] target, byte[] path);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint readlink(byte[] path, byte* buffer, nint length);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int mknod(byte[] path, uint mode, ulong device);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int renameat2(int oldDirectory, byte[] oldPath, int newDirectory, byte[] newPath, uint flags);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int truncate(byte[] path, long length);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int chmod(byte[] path, uint mode);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int fchmod(int fd, uint mode);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int openat(int directory, byte[] path, int flags, uint mode);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int setfsuid(uint uid);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int chown(byte[] path, uint uid, uint gid);

        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int memfd_create(string name, uint flags);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int ftruncate(int fd, long length);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int socketpair(int domain, int type, int protocol, int* pair);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint read(int fd, byte* buffer, nint count);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int fsync(int fd);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int fallocate(int fd, int mode, long offset, long length);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint lseek(int fd, long offset, int whence);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint copy_file_range(int source, long* from, int target, long* to, long length, uint flags);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int utimensat(int directory, byte[] path, long* times, int flags);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int setxattr(byte[] path, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, byte* value, nint size, int flags);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint getxattr(byte[] path, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, byte* value, nint size);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint listxattr(byte[] path, byte* names, nint size);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int removexattr(byte[] path, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

        [LibraryImport("libc", SetLastError = true)]
        public static partial int statx(int directory, byte[] path, int flags, uint mask, FileStatus* status);

        [LibraryImport("libc", SetLastError = true)]
        public static partial nint syscall(nint number, nint first, byte* second, nint third);
    }
}
