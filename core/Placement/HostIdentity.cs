namespace SealFs.Core.Placement;

/// <summary>
/// Names the host and the file system tree that this process sees: two processes with the same identity reach each other's Unix sockets by path.
/// It is the kernel's boot id and the mount namespace, so that a container counts as a host of its own.
/// </summary>
public static class HostIdentity
{
    public static string Current { get; } = Read();

    private static string Read()
    {
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        var mounts = new FileInfo("/proc/self/ns/mnt").LinkTarget ?? "";
        return $"{boot}/{mounts}";
    }
}
