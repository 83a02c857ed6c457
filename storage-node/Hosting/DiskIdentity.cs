using System.Globalization;
using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// Names the file system that a directory is on: by the kernel's boot id, which all containers of a host share and no other host has, and the device number (st_dev).
/// </summary>
internal static unsafe partial class DiskIdentity
{
    private const int AT_FDCWD = -100;

    /// <summary>Byte offset of stx_dev_major in struct statx (uapi/linux/stat.h); the minor number follows.</summary>
    private const int DeviceOffset = 0x88;
    private const int StatxBytes = 256;

    private static readonly string s_boot = ReadBoot();

    /// <summary>Empty when it cannot be told.</summary>
    public static string Of(string directory)
    {
        var status = stackalloc byte[StatxBytes];
        if (s_boot.Length == 0 || statx(AT_FDCWD, directory, 0, 0, status) != 0)
            return "";
        var device = (uint*)(status + DeviceOffset);
        return string.Create(CultureInfo.InvariantCulture, $"{s_boot} {device[0]}:{device[1]}");
    }

    private static string ReadBoot()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte* status);
}
