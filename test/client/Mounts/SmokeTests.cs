namespace SealFs.Client.Tests.Mounts;

public sealed class SmokeTests
{
    [Fact]
    public async Task A_file_can_be_made_read_listed_and_removed()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var mount = await cluster.MountAsync();
        var path = Path.Combine(mount.Directory, "hello");
        await File.WriteAllTextAsync(path, "world", TestContext.Current.CancellationToken);
        Assert.Equal("world", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal(["hello"], Directory.GetFileSystemEntries(mount.Directory).Select(Path.GetFileName));
        Directory.CreateDirectory(Path.Combine(mount.Directory, "a", "b"));
        File.Move(path, Path.Combine(mount.Directory, "a", "b", "moved"));
        File.Delete(Path.Combine(mount.Directory, "a", "b", "moved"));
        Directory.Delete(Path.Combine(mount.Directory, "a"), recursive: true);
        Assert.Empty(Directory.GetFileSystemEntries(mount.Directory));
    }
}
