namespace SealFs.Client.Tests.Mounts;

/// <summary>A write that is accepted and then finds no space: the one that wrote is told by fsync, whoever else asked before.</summary>
public sealed class WriteErrorTests
{
    [Fact(Skip = "open defect: on a full quota the fsync of the writer says nothing after another handle was opened and closed")]
    public async Task Another_open_and_close_does_not_take_the_error_from_the_writer()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 1, quotaBytes: 512 << 10);
        await using var mount = await cluster.MountAsync();
        Fill(Path.Combine(mount.Directory, "filler"));
        var path = Path.Combine(mount.Directory, "f");
        using var writer = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.Write(writer, new byte[1 << 20], 0);

        // The open sends what is dirty, and the close is told, which .NET keeps to itself.
        File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        Assert.Throws<IOException>(() => RandomAccess.FlushToDisk(writer));
        RandomAccess.FlushToDisk(writer);
    }

    /// <summary>Until the node knows the quota it lets some writes in.</summary>
    private static void Fill(string path)
    {
        using var filler = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        for (var written = 0; written < 100; written++)
        {
            try
            {
                RandomAccess.Write(filler, new byte[1 << 20], (long)written << 20);
                RandomAccess.FlushToDisk(filler);
            }
            catch (IOException)
            {
                return;
            }
        }

        Assert.Fail("the quota is not kept");
    }
}
