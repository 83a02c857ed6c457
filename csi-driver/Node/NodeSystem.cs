using System.Runtime.InteropServices;
using SealFs.Client.Mounting;
using SealFs.Fuse;

namespace SealFs.CsiDriver.Node;

/// <summary>What statfs(2) says.</summary>
internal readonly record struct FileSystemUsage(long TotalBytes, long FreeBytes, long AvailableBytes, long TotalInodes, long FreeInodes);

/// <summary>
/// The system calls of the node service. Each has a limit: a mount whose daemon is away can keep a caller in the kernel for as long as it likes.
/// </summary>
internal static partial class NodeSystem
{
    private const nuint MS_RDONLY = 1;
    private const nuint MS_NOSUID = 2;
    private const nuint MS_NODEV = 4;
    private const nuint MS_REMOUNT = 32;
    private const nuint MS_BIND = 4096;
    private const int MNT_DETACH = 2;
    private const int UMOUNT_NOFOLLOW = 8;

    /// <exception cref="FuseException">The errno of statfs(2): ENOTCONN when nobody serves the mount any more.</exception>
    /// <exception cref="TimeoutException">The mount does not answer.</exception>
    public static Task<FileSystemUsage> UsageAsync(string path) => TimedCall.RunAsync(path, CsiLimits.ProbeLimit, () =>
    {
        Check(statfs(path, out var result), $"statfs of {path}");
        var block = result.FragmentBytes > 0 ? result.FragmentBytes : result.BlockBytes;
        return new FileSystemUsage(
            (long)result.Blocks * block, (long)result.FreeBlocks * block, (long)result.AvailableBlocks * block, (long)result.Files, (long)result.FreeFiles);
    });

    /// <summary>Shows at <paramref name="target"/> what is mounted at <paramref name="source"/>.</summary>
    public static Task BindAsync(string source, string target, bool readOnly) => TimedCall.RunAsync(target, CsiLimits.ProbeLimit, () =>
    {
        Check(mount(source, target, null, MS_BIND, null), $"bind mount of {target}");
        if (!readOnly)
            return;
        try
        {
            Check(mount(null, target, null, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, null), $"read-only mount of {target}");
        }
        catch
        {
            _ = umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW);
            throw;
        }
    });

    /// <summary>
    /// Unmounts what is on top at the path. When that hangs, or nobody serves the mount any more, it leaves the tree lazily, which always works.
    /// </summary>
    /// <exception cref="FuseException">EBUSY: it is in use.</exception>
    public static async Task UnmountAsync(string path)
    {
        try
        {
            await TimedCall.RunAsync(path, CsiLimits.UnmountLimit, () => Unmount(path, UMOUNT_NOFOLLOW));
        }
        catch (TimeoutException)
        {
            Detach(path);
        }
    }

    /// <summary>Takes the mount out of the tree; it ends with its last user.</summary>
    public static void Detach(string path) => Unmount(path, MNT_DETACH | UMOUNT_NOFOLLOW);

    /// <summary>Makes a directory whose parent is there; one that is there already will do.</summary>
    /// <exception cref="IOException">It cannot be made, or is something else.</exception>
    public static void MakeDirectory(string path)
    {
        if (mkdir(path, 0x1E8) == 0)
            return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != FuseErrno.EEXIST)
            throw new FuseException($"making the directory {path}", errno);
        if (!Directory.Exists(path))
            throw new IOException($"{path} is there, and is not a directory.");
    }

    /// <summary>Removes an empty directory; one that is gone already will do. Nothing is ever removed with what is in it.</summary>
    /// <exception cref="FuseException">ENOTEMPTY: somebody put something there.</exception>
    public static void RemoveDirectory(string path)
    {
        if (rmdir(path) == 0)
            return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != FuseErrno.ENOENT)
            throw new FuseException($"removing the directory {path}", errno);
    }

    /// <summary>
    /// The path as mountinfo has it: without symbolic links in its parent. The last part is not looked at, since it may be a mount that hangs.
    /// </summary>
    public static Task<string> ResolveAsync(string path) => TimedCall.RunAsync($"parent of {path}", CsiLimits.ProbeLimit, () =>
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { Length: > 1 } parent)
            return full;
        var resolved = realpath(parent, 0);
        if (resolved == 0)
            return full;
        var text = Marshal.PtrToStringUTF8(resolved)!;
        free(resolved);
        return Path.Combine(text, Path.GetFileName(full));
    });

    private static void Unmount(string path, int flags)
    {
        if (umount2(path, flags) == 0)
            return;
        var errno = Marshal.GetLastPInvokeError();

        // Nothing is mounted there (any more).
        if (errno is not (FuseErrno.EINVAL or FuseErrno.ENOENT))
            throw new FuseException($"unmounting {path}", errno);
    }

    private static void Check(int result, string operation)
    {
        if (result != 0)
            throw new FuseException(operation, Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string? source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statfs(string path, out StatFs result);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint realpath(string path, nint buffer);

    [LibraryImport("libc")]
    private static partial void free(nint memory);

    /// <summary>struct statfs on 64-bit Linux, 120 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 120)]
    private struct StatFs
    {
        public long Type;
        public long BlockBytes;
        public ulong Blocks;
        public ulong FreeBlocks;
        public ulong AvailableBlocks;
        public ulong Files;
        public ulong FreeFiles;
        public ulong FileSystemId;
        public long NameLength;
        public long FragmentBytes;
    }
}
