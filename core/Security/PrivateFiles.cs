using System.Runtime.InteropServices;

namespace SealFs.Core.Security;

/// <summary>
/// Keeps other users of the machine away from what a server stores: the manager's database has the key that signs tokens, the stores of nodes have what users protected with file modes.
/// A directory of mode 0700 does that by itself; the mask protects the files as well, for the case that the directory is widened later.
/// </summary>
public static unsafe partial class PrivateFiles
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Group = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Every ext4 file system has it in its root, where it belongs to root.</summary>
    private const string LostAndFound = "lost+found";

    private const int AT_FDCWD = -100;
    private const uint STATX_UID = 8;
    private const int StatxBytes = 256;
    private const int StatxUidOffset = 20;

    /// <summary>From here on this process makes files with mode 0600 and directories with 0700 at most. For processes that store data; not for those that make files for their users.</summary>
    public static void RestrictMask() => _ = umask(Convert.ToUInt32("077", 8));

    /// <summary>
    /// Makes a directory that only this process's user can enter, or checks one that exists. One that nobody can have read from by mistake is narrowed: it is empty, or only its group may
    /// enter. (The kubelet gives everything in a volume to the pod's fsGroup whenever it mounts it.)
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user, or it has contents and all users may enter it. The message says how to change that.</exception>
    public static void PrepareDirectory(string path)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("SealFS stores data on Linux only.");
        Directory.CreateDirectory(path, Owner);
        RequireOwnership(path);
        var mode = File.GetUnixFileMode(path);
        if ((mode & (Group | Others)) == 0)
            return;
        if ((mode & Others) != 0 && HasContents(path))
        {
            throw new UnauthorizedAccessException(
                $"The directory {path} has mode {Octal(mode)}: other users of this machine can enter it, and may have read what is in it. Close it with 'chmod 700 {path}' and start again.");
        }
        File.SetUnixFileMode(path, mode & ~(Group | Others));
    }

    /// <summary>The same for a directory of sockets, notes and logs, which nobody fills before: it is narrowed whatever it has.</summary>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user.</exception>
    public static void PrepareRuntimeDirectory(string path)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("SealFS runs on Linux only.");
        Directory.CreateDirectory(path, Owner);
        RequireOwnership(path);
        var mode = File.GetUnixFileMode(path);
        if ((mode & (Group | Others)) != 0)
            File.SetUnixFileMode(path, mode & ~(Group | Others));
    }

    private static void RequireOwnership(string path)
    {
        var user = geteuid();
        if (OwnerOf(path) is var owner && owner != user)
            throw new UnauthorizedAccessException($"The directory {path} belongs to user {owner}, and this process runs as user {user}: 'chown {user} {path}', or choose another directory.");
    }

    private static bool HasContents(string path) => Directory.EnumerateFileSystemEntries(path).Any(entry => Path.GetFileName(entry) != LostAndFound);

    private static uint OwnerOf(string path)
    {
        var buffer = stackalloc byte[StatxBytes];
        if (statx(AT_FDCWD, path, 0, STATX_UID, buffer) != 0)
            throw new IOException($"{path} cannot be looked at: error {Marshal.GetLastPInvokeError()}");
        return *(uint*)(buffer + StatxUidOffset);
    }

    private static string Octal(UnixFileMode mode) => "0" + Convert.ToString((int)mode & 0x1FF, 8).PadLeft(3, '0');

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* buffer);
}
