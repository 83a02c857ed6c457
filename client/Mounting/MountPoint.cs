using System.Runtime.InteropServices;
using SealFs.Fuse;

namespace SealFs.Client.Mounting;

/// <summary>The directory on which a volume is to appear.</summary>
public static class MountPoint
{
    /// <summary>
    /// Checks the directory. What a client that was killed left there (a mount whose every use fails with ENOTCONN) is unmounted first.
    /// </summary>
    /// <exception cref="MountException">It is not a directory, or cannot be used.</exception>
    public static void Prepare(string directory)
    {
        if (IsDead(directory))
            FuseMount.Unmount(directory, lazy: true);
        if (!Directory.Exists(directory))
            throw new MountException(File.Exists(directory) ? $"{directory} is not a directory." : $"There is no directory {directory}.");
    }

    /// <summary>The directory without symbolic links: as the kernel's list of mounts will have it. To be asked before anything is mounted there.</summary>
    public static string Resolve(string directory)
    {
        var resolved = Native.realpath(directory, 0);
        if (resolved == 0)
            return Path.GetFullPath(directory);
        var text = Marshal.PtrToStringUTF8(resolved)!;
        Native.free(resolved);
        return text;
    }

    /// <summary>
    /// True when a FUSE file system is mounted there and nobody serves it any more. Asked by opening it: looking at it may be answered by the kernel alone, from
    /// attributes that it still believes.
    /// </summary>
    public static bool IsDead(string directory)
    {
        var descriptor = Native.open(directory, 0, 0);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() == FuseErrno.ENOTCONN;
        _ = Native.close(descriptor);
        return false;
    }
}
