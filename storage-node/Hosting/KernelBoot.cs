namespace SealFs.StorageNode.Hosting;

/// <summary>Which boot of the kernel this is: memory that was not written back is gone when it is another one.</summary>
internal static class KernelBoot
{
    /// <summary>Replaces the kernel's boot id, for tests that cut the power by a restart on cloned disks.</summary>
    private const string TestVariable = "SEALFS_TEST_BOOT_ID";

    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";

    /// <exception cref="IOException">The kernel does not tell.</exception>
    public static Guid Id()
    {
        var text = Environment.GetEnvironmentVariable(TestVariable);
        if (string.IsNullOrEmpty(text))
            text = File.ReadAllText(BootIdPath);
        return Guid.TryParse(text.Trim(), out var id) ? id : throw new IOException($"'{text.Trim()}' is not a boot id.");
    }
}
