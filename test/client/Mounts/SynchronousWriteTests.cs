using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SealFs.Client.Tests.Mounts;

/// <summary>O_SYNC, O_DSYNC and RWF_DSYNC: the nodes have synced when the write returns, also where it goes past the kernel's page cache.</summary>
public sealed partial class SynchronousWriteTests
{
    private const int RWF_DSYNC = 2;

    [Theory]
    [InlineData(CacheMode.Never)]
    [InlineData(CacheMode.Always)]
    public async Task A_write_to_a_file_opened_with_O_SYNC_syncs(CacheMode cache)
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var mount = await cluster.MountAsync(options => options with { Cache = cache });
        using var file = File.OpenHandle(Path.Combine(mount.Directory, "f"), FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.WriteThrough);
        AssertSyncs(() => RandomAccess.Write(file, new byte[100_000], 9_000_000));
    }

    [Theory]
    [InlineData(CacheMode.Never)]
    [InlineData(CacheMode.Always)]
    public async Task A_write_with_RWF_DSYNC_syncs(CacheMode cache)
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var mount = await cluster.MountAsync(options => options with { Cache = cache });
        using var file = File.OpenHandle(Path.Combine(mount.Directory, "f"), FileMode.Create, FileAccess.ReadWrite);
        AssertSyncs(() => WriteWithDataSync(file, new byte[100_000], 9_000_000));
    }

    private static void AssertSyncs(Action write)
    {
        using var counts = new OperationCounts();
        write();
        TestContext.Current.TestOutputHelper!.WriteLine(counts.ToString());

        // The file has three chunks, so the sync cannot ride with a write.
        Assert.True(counts.Of("Fsync") > 0);
    }

    private static unsafe void WriteWithDataSync(SafeFileHandle file, byte[] data, long offset)
    {
        fixed (byte* start = data)
        {
            var vector = new IoVector { Base = (nint)start, Length = (nuint)data.Length };
            Assert.Equal(data.Length, pwritev2((int)file.DangerousGetHandle(), &vector, 1, offset, RWF_DSYNC));
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint pwritev2(int descriptor, IoVector* vectors, int count, long offset, int flags);

    private struct IoVector
    {
        public nint Base;
        public nuint Length;
    }
}
