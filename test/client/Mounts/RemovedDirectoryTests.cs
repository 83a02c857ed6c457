using static SealFs.Fuse.Tests.Posix;

namespace SealFs.Client.Tests.Mounts;

/// <summary>A directory that one mount holds open and another removes.</summary>
public sealed class RemovedDirectoryTests
{
    private const int O_DIRECTORY = 0x10000;
    private const int ENOENT = -2;

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    public async Task It_lives_for_its_holder(int timeoutMs)
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var holder = await cluster.MountAsync(options => options with { AttributeTimeoutMs = timeoutMs, EntryTimeoutMs = timeoutMs });
        await using var other = await cluster.MountAsync();
        Assert.Equal(0, MkDir(At(holder.Directory, "d"), 0x1C0));
        var fd = Open(At(holder.Directory, "d"), O_RDONLY | O_DIRECTORY);
        Assert.Equal(0, CountEntries(fd));
        Assert.Equal(0, RmDir(At(other.Directory, "d")));
        Assert.Equal(0, MkDir(At(other.Directory, "d"), 0x1ED));

        // As long as the mount believes attributes, it shows those from before.
        await WaitAsync(() => Stat(fd, out var shown) == 0 && shown.Links == 0);
        Assert.Equal(0, Stat(fd, out var status));
        Assert.Equal(0x41C0, status.Mode);
        Assert.Equal(0, FChMod(fd, 0x1ED));
        Assert.Equal(0, Stat(fd, out status));
        Assert.Equal((0u, 0x41ED), (status.Links, (int)status.Mode));
        Assert.Equal(0, Seek(fd, 0, 0));
        Assert.Equal(0, CountEntries(fd));
        Assert.Equal(ENOENT, OpenAt(fd, "new", O_CREAT | O_WRONLY));
        Assert.Equal(0, FSync(fd));

        // The name is the new directory's.
        await WaitAsync(() => Stat(At(holder.Directory, "d"), out var shown) == 0 && shown.Links == 2);
        Assert.NotEqual(status.Inode, Stat(At(holder.Directory, "d")).Inode);
        Assert.Equal(0, Close(fd));
        Assert.Equal(0, RmDir(At(holder.Directory, "d")));
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        var started = Environment.TickCount64;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 - started < 30_000, "It did not happen within 30 s.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
