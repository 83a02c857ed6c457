using static SealFs.Fuse.Tests.Posix;

namespace SealFs.Client.Tests.Mounts;

/// <summary>fallocate(2) and the space of a volume: what cannot be reserved, or is not needed any more, is not kept.</summary>
public sealed class AllocationTests
{
    private const int KeepSize = 1;
    private const int ENOSPC = -28;
    private const long MiB = 1 << 20;
    private const long QuotaBytes = 64 * MiB;

    [Theory]
    [InlineData(0)]
    [InlineData(KeepSize)]
    public async Task What_cannot_fit_reserves_nothing(int mode)
    {
        await using var cluster = await TestCluster.StartAsync(quotaBytes: (ulong)QuotaBytes);
        await using var mount = await cluster.MountAsync();
        var path = At(mount.Directory, "f");
        var fd = Open(path, O_CREAT | O_RDWR);
        Assert.Equal(ENOSPC, FAllocate(fd, mode, 0, 3 * QuotaBytes));
        Assert.Equal(0ul, Stat(path).Size);
        Assert.Equal(0ul, Stat(path).Blocks);
        Assert.Equal(0, UsedBytes(cluster));
        Assert.Equal(0, FAllocate(fd, mode, 0, 16 * MiB));
        Assert.Equal((ulong)(16 * MiB / 512), Stat(path).Blocks);
        Close(fd);
    }

    /// <summary>More than the quota, which shows only on the way: the file has space elsewhere, of which nobody knows beforehand whether it is in the range.</summary>
    [Fact]
    public async Task What_a_failed_call_had_reserved_is_given_back_and_data_stay()
    {
        await using var cluster = await TestCluster.StartAsync(quotaBytes: (ulong)QuotaBytes);
        await using var mount = await cluster.MountAsync();
        var path = At(mount.Directory, "f");
        var fd = Open(path, O_CREAT | O_RDWR);
        var data = new byte[MiB];
        data.AsSpan().Fill(7);
        Assert.Equal(0, FAllocate(fd, 0, 100 * MiB, 20 * MiB));

        // In the range: data, and zeros that were reserved before.
        Assert.Equal(data.Length, Write(fd, data, 10 * MiB + 4096));
        Assert.Equal(0, FAllocate(fd, 0, 4 * MiB, 65_536));
        Assert.Equal(0, FSync(fd));
        var before = UsedBytes(cluster);
        var blocks = Stat(path).Blocks;

        Assert.Equal(ENOSPC, FAllocate(fd, 0, 0, 60 * MiB));
        Assert.Equal(blocks, Stat(path).Blocks);
        Assert.Equal(before, UsedBytes(cluster));
        var back = new byte[data.Length];
        Assert.Equal(data.Length, Read(fd, back, 10 * MiB + 4096));
        Assert.Equal(data, back);
        Close(fd);
    }

    [Fact]
    public async Task Space_behind_the_end_goes_with_the_file()
    {
        await using var cluster = await TestCluster.StartAsync(quotaBytes: (ulong)QuotaBytes);
        await using var mount = await cluster.MountAsync();
        var path = At(mount.Directory, "f");
        for (var round = 0; round < 3; round++)
        {
            var fd = Open(path, O_CREAT | O_RDWR);
            Assert.Equal(3, Write(fd, "abc"u8, 0));
            Assert.Equal(0, FAllocate(fd, KeepSize, round * 5 * MiB, 40 * MiB));
            Assert.Equal(3ul, Stat(path).Size);
            Close(fd);
            Assert.Equal(0, Unlink(path));
            await NothingUsedAsync(cluster);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Space_behind_the_end_goes_with_a_truncation(long size)
    {
        await using var cluster = await TestCluster.StartAsync(quotaBytes: (ulong)QuotaBytes);
        await using var mount = await cluster.MountAsync();
        var path = At(mount.Directory, "f");
        var fd = Open(path, O_CREAT | O_RDWR);
        Assert.Equal(3, Write(fd, "abc"u8, 0));
        Assert.Equal(0, FAllocate(fd, KeepSize, 0, 40 * MiB));
        Assert.Equal(0, Truncate(path, size));
        Assert.InRange(UsedBytes(cluster), 0, 4096);
        Assert.InRange(Stat(path).Blocks, 0ul, 8ul);

        // Nothing of it comes back.
        Assert.Equal(0, Truncate(path, 40 * MiB));
        Assert.InRange(Stat(path).Blocks, 0ul, 8ul);
        Close(fd);
        Assert.Equal(0, Unlink(path));
        await NothingUsedAsync(cluster);
    }

    private static long UsedBytes(TestCluster cluster) =>
        cluster.Nodes.Sum(node => node.Node.AllUsage.Sum(usage => usage.UsedBytes));

    private static async Task NothingUsedAsync(TestCluster cluster)
    {
        var started = Environment.TickCount64;
        while (UsedBytes(cluster) != 0)
        {
            Assert.True(Environment.TickCount64 - started < 60_000, $"{UsedBytes(cluster)} bytes are still in use.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
