using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SealFs.Client.FileSystem;

/// <summary>
/// What a mount is asked by ioctl(2) on any file or directory of it. The kernel does not tell a FUSE file system of sync(2) and syncfs(2) (fuse_sync_fs in fs/fuse/inode.c asks only where fc-&gt;sync_fs
/// is set, which virtiofs and fuseblk do), so that there has to be another way.
/// </summary>
public static partial class VolumeControl
{
    /// <summary>_IO(0xE5, 1): as syncfs(2).</summary>
    internal const uint SyncVolume = 0xE501;

    /// <summary>Everything written to the volume, by whoever, is on stable storage when this returns.</summary>
    /// <param name="directory">The mount, or anything in it.</param>
    /// <exception cref="IOException">It could not be done; the message is the system's.</exception>
    public static void Sync(string directory)
    {
        const int ReadOnlyCloseOnExec = 0x80000;
        using var handle = new SafeFileHandle(open(directory, ReadOnlyCloseOnExec), ownsHandle: true);
        if (handle.IsInvalid || ioctl(handle, SyncVolume, 0) < 0)
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle handle, nuint request, nint argument);
}
