using System.Globalization;
using System.Runtime.InteropServices;
using SealFs.Fuse.Mounting;
using SealFs.Fuse.Native;

namespace SealFs.Fuse;

/// <summary>The kernel's control files of a mount: /sys/fs/fuse/connections/N. Nothing here touches the mount itself, which may be hanging.</summary>
public sealed class FuseConnection
{
    private const string Root = "/sys/fs/fuse/connections";

    private FuseConnection(uint id) => Id = id;

    /// <summary>The minor device number of the mount.</summary>
    public uint Id { get; }

    /// <summary>Requests that wait for the daemon, read or not.</summary>
    public int Waiting => int.Parse(File.ReadAllText($"{Root}/{Id}/waiting"), CultureInfo.InvariantCulture);

    /// <summary>The connection of what is mounted at a path, or null. Mounts fusectl where it is missing, if that is allowed.</summary>
    public static FuseConnection? Find(string path)
    {
        if (MountTable.FindMinor(Path.GetFullPath(path)) is not { } minor) return null;
        EnsureControlFiles();
        return Directory.Exists($"{Root}/{minor}") ? new FuseConnection(minor) : null;
    }

    /// <summary>The connection with this id, or null when it has ended.</summary>
    public static FuseConnection? Of(uint id)
    {
        EnsureControlFiles();
        return Directory.Exists($"{Root}/{id}") ? new FuseConnection(id) : null;
    }

    /// <summary>Minor device number of the topmost mount at a path, or null when nothing is mounted on exactly this path. The mount is not touched.</summary>
    public static uint? IdAt(string path) => MountTable.FindMinor(Path.GetFullPath(path));

    /// <summary>Ends the connection: everything that waits fails with ECONNABORTED, later calls with ENOTCONN, until it is unmounted.</summary>
    public void Abort() => File.WriteAllText($"{Root}/{Id}/abort", "1");

    private static void EnsureControlFiles()
    {
        if (!Directory.Exists(Root) || Directory.EnumerateFileSystemEntries(Root).Any()) return;
        if (Libc.mount("fusectl", Root, "fusectl", 0, null) == 0) return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno is not (FuseErrno.EBUSY or FuseErrno.EPERM)) throw new FuseException($"mounting {Root}", errno);
    }
}
