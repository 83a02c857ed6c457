namespace SealFs.Client.Tests.Mounts;

/// <summary>A write that is accepted and then finds no space: the one that wrote is told by fsync, whoever else asked before.</summary>
public sealed class WriteErrorTests
{
    [Fact]
    public async Task Another_open_and_close_does_not_take_the_error_from_the_writer()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 1, quotaBytes: 512 << 10);
        await using var mount = await cluster.MountAsync();
        var path = Path.Combine(mount.Directory, "f");
        using var writer = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.Write(writer, new byte[1 << 20], 0);

        // The open sends what is dirty, and the close is told, which .NET keeps to itself.
        File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        Assert.Throws<IOException>(() => RandomAccess.FlushToDisk(writer));
        RandomAccess.FlushToDisk(writer);
    }
}
