using System.Diagnostics;
using SealFs.Client.Runtime;

namespace SealFs.Client.Tests.Mounts;

/// <summary>What a node had acknowledged without a sync and may have lost with its power is told by the next fsync: names by that of their directory, attributes by that of the file.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LostNamesTests : IAsyncLifetime
{
    private const string Fsync = "import os, sys\ntry: os.fsync(os.open(sys.argv[1], os.O_RDONLY))\nexcept OSError as e: sys.exit(e.errno)";
    private const int Eio = 5;

    private TestCluster _cluster = null!;
    private InProcessMount _mount = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/python3"), "no python3");
        _cluster = await TestCluster.StartAsync(nodes: 1);
        _mount = await _cluster.MountAsync();
        Directory.CreateDirectory(PathOf("d"));
        Assert.Equal(0, await FsyncAsync("d"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is null)
            return;
        await _mount.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData("create")]
    [InlineData("mkdir")]
    [InlineData("rename")]
    [InlineData("unlink")]
    public async Task Names(string change)
    {
        await File.WriteAllTextAsync(PathOf("d/old"), "", TestContext.Current.CancellationToken);
        Assert.Equal(0, await FsyncAsync("d"));
        Change(change);
        await LosePowerAsync();
        Assert.Equal(Eio, await FsyncAsync("d"));
        Assert.Equal(0, await FsyncAsync("d"));
    }

    [Fact]
    public async Task Attributes_of_a_file_that_is_not_open()
    {
        await File.WriteAllTextAsync(PathOf("d/f"), "content", TestContext.Current.CancellationToken);
        Assert.Equal(0, await FsyncAsync("d/f"));
        await LosePowerAsync();
        Assert.Equal(0, await FsyncAsync("d/f"));
        File.SetUnixFileMode(PathOf("d/f"), UnixFileMode.UserRead);
        await LosePowerAsync();
        Assert.Equal(Eio, await FsyncAsync("d/f"));
        Assert.Equal(0, await FsyncAsync("d/f"));
    }

    [Fact]
    public async Task What_was_synced_is_not_lost()
    {
        await File.WriteAllTextAsync(PathOf("d/f"), "", TestContext.Current.CancellationToken);
        Assert.Equal(0, await FsyncAsync("d"));
        await LosePowerAsync();
        Assert.Equal(0, await FsyncAsync("d"));
    }

    private void Change(string change)
    {
        switch (change)
        {
            case "create":
                File.Create(PathOf("d/new")).Dispose();
                break;
            case "mkdir":
                Directory.CreateDirectory(PathOf("d/new"));
                break;
            case "rename":
                File.Move(PathOf("d/old"), PathOf("d/new"));
                break;
            default:
                File.Delete(PathOf("d/old"));
                break;
        }
    }

    /// <summary>As far as the client can tell: the node starts again and says by its verifiers that something may be lost.</summary>
    private async Task LosePowerAsync()
    {
        _cluster.Nodes[0].Node.NoteLoss();
        await _cluster.RestartNodeAsync(0);
    }

    private string PathOf(string path) => Path.Combine(_mount.Directory, path);

    private async Task<int> FsyncAsync(string path)
    {
        using var process = Process.Start("/usr/bin/python3", ["-c", Fsync, PathOf(path)]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
