namespace SealFs.Client.Tests.Mounts;

/// <summary>What df(1) and /proc/mounts say of a mount.</summary>
public sealed class StatisticsTests
{
    private const long ReserveBytes = 64 << 20;

    /// <summary>Three nodes on one disk have that disk once, and what is free on it beyond the reserve.</summary>
    [Fact]
    public async Task A_disk_that_nodes_share_counts_once()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var mount = await cluster.MountAsync();
        var disk = new DriveInfo(Path.GetTempPath());
        await ShowsAsync(mount.Directory, shown => shown.TotalSize == disk.TotalSize / 4096 * 4096 && IsNear(shown.AvailableFreeSpace, disk.AvailableFreeSpace - ReserveBytes, disk.TotalSize / 20));
    }

    [Fact]
    public async Task A_quota_is_the_size_and_what_it_leaves_is_available()
    {
        const long Quota = 64 << 20;
        await using var cluster = await TestCluster.StartAsync(quotaBytes: Quota);
        await using var mount = await cluster.MountAsync();
        await ShowsAsync(mount.Directory, shown => shown.TotalSize == Quota && shown.AvailableFreeSpace == Quota);
        File.WriteAllBytes(Path.Combine(mount.Directory, "f"), new byte[16 << 20]);
        await ShowsAsync(mount.Directory, shown => shown.TotalSize == Quota && shown.AvailableFreeSpace == Quota - (16 << 20));
    }

    [Fact]
    public async Task A_quota_larger_than_the_disk_promises_no_more_than_the_disk_has()
    {
        var disk = new DriveInfo(Path.GetTempPath());
        var quota = disk.TotalSize * 3;
        await using var cluster = await TestCluster.StartAsync(quotaBytes: (ulong)quota);
        await using var mount = await cluster.MountAsync();
        await ShowsAsync(mount.Directory, shown => shown.TotalSize == quota / 4096 * 4096 && IsNear(shown.AvailableFreeSpace, disk.AvailableFreeSpace - ReserveBytes, disk.TotalSize / 20));
    }

    [Fact]
    public async Task Access_times_are_not_kept_and_the_mount_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 1);
        await using var mount = await cluster.MountAsync();
        var line = File.ReadLines("/proc/mounts").Single(line => line.Split(' ')[1] == mount.Directory);
        Assert.Contains("noatime", line.Split(' ')[3].Split(','));
    }

    /// <summary>The disk is in use by others meanwhile.</summary>
    private static bool IsNear(long shown, long expected, long tolerance) => Math.Abs(shown - Math.Max(0, expected)) <= tolerance;

    /// <summary>Figures follow with heartbeats.</summary>
    private static async Task ShowsAsync(string directory, Func<DriveInfo, bool> expected)
    {
        var started = Environment.TickCount64;
        while (!expected(new DriveInfo(directory)))
        {
            var shown = new DriveInfo(directory);
            Assert.True(Environment.TickCount64 - started < 30_000, $"size {shown.TotalSize}, available {shown.AvailableFreeSpace}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
