using System.Runtime.InteropServices;
using SealFs.Fuse.Abi;
using SealFs.Fuse.Mounting;
using SealFs.Fuse.Native;

namespace SealFs.Fuse;

/// <summary>Mounting, cloning and unmounting. Descriptors are returned closed-on-exec.</summary>
public static unsafe class FuseMount
{
    private const string Device = "/dev/fuse";
    private const int O_RDWR = 2;
    private const int O_CLOEXEC = 0x80000;
    private const int F_SETFD = 2;
    private const int FD_CLOEXEC = 1;
    private const nuint MS_RDONLY = 1;
    private const nuint MS_NOSUID = 2;
    private const nuint MS_NODEV = 4;
    private const nuint MS_NOATIME = 1024;
    private const int MNT_DETACH = 2;

    /// <summary>
    /// Mounts on an existing directory (or file), and returns the descriptor that speaks for it. FUSE_INIT is waiting on it:
    /// <see cref="FuseHandshake.Perform"/>. Without root the set-uid fusermount3 does it.
    /// </summary>
    /// <exception cref="FuseException">The kernel or fusermount3 refused.</exception>
    public static int Mount(string path, FuseMountOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var fullPath = Path.GetFullPath(path);
        return Libc.geteuid() == 0 && !options.ForceFusermount ? MountDirectly(fullPath, options) : Fusermount.Mount(fullPath, options);
    }

    /// <summary>Makes another descriptor of the same connection, with a queue of its own for what is read through it.</summary>
    public static int Clone(int descriptor)
    {
        var clone = OpenDevice();
        var source = (uint)descriptor;
        if (Libc.ioctl(clone, FuseProtocol.FUSE_DEV_IOC_CLONE, &source) == 0) return clone;
        var errno = Marshal.GetLastPInvokeError();
        Close(clone);
        throw new FuseException("FUSE_DEV_IOC_CLONE", errno);
    }

    /// <summary>Unmounts. Lazily, it vanishes from the tree at once and ends when the last user is gone.</summary>
    /// <exception cref="FuseException">EBUSY: it is in use; EINVAL: nothing is mounted there.</exception>
    public static void Unmount(string path, bool lazy = false)
    {
        var fullPath = Path.GetFullPath(path);
        if (Libc.umount2(fullPath, lazy ? MNT_DETACH : 0) == 0) return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != FuseErrno.EPERM) throw new FuseException($"unmounting {fullPath}", errno);
        Fusermount.Unmount(fullPath, lazy);
    }

    /// <summary>Whether processes that are started from now on inherit the descriptor.</summary>
    public static void SetInheritable(int descriptor, bool inheritable)
    {
        if (Libc.fcntl(descriptor, F_SETFD, inheritable ? 0 : FD_CLOEXEC) != 0) throw new FuseException("fcntl(F_SETFD)", Marshal.GetLastPInvokeError());
    }

    /// <summary>Closes a descriptor. When the last one of any clone closes, what was read through it fails with ECONNABORTED.</summary>
    public static void Close(int descriptor) => _ = Libc.close(descriptor);

    private static int MountDirectly(string path, FuseMountOptions options)
    {
        var descriptor = OpenDevice();
        var rootMode = Directory.Exists(path) ? "40000" : "100000";
        var data = $"fd={descriptor},rootmode={rootMode},user_id={Libc.geteuid()},group_id={Libc.getegid()},max_read={options.MaxReadBytes}"
            + (options.DefaultPermissions ? ",default_permissions" : "") + (options.AllowOther ? ",allow_other" : "")
            + (options.BlockDevice ? $",blksize={Environment.SystemPageSize}" : "");
        if (Libc.mount(options.Source, path, $"{(options.BlockDevice ? "fuseblk" : "fuse")}.{options.Subtype}", KernelFlags(options), data) == 0) return descriptor;
        var errno = Marshal.GetLastPInvokeError();
        Close(descriptor);
        throw new FuseException($"mounting {path}", errno);
    }

    private static nuint KernelFlags(FuseMountOptions options) =>
        (options.ReadOnly ? MS_RDONLY : 0) | (options.NoAccessTimes ? MS_NOATIME : 0) | (options.NoSetUidOrDevices ? MS_NOSUID | MS_NODEV : 0);

    private static int OpenDevice()
    {
        var descriptor = Libc.open(Device, O_RDWR | O_CLOEXEC, 0);
        return descriptor >= 0 ? descriptor : throw new FuseException($"opening {Device}", Marshal.GetLastPInvokeError());
    }
}
