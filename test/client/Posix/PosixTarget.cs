using SealFs.Client.Runtime;
using SealFs.Client.Tests.Mounts;

namespace SealFs.Client.Tests.Posix;

/// <summary>
/// Where the POSIX suite runs: the directory named by SEALFS_POSIX_DIRECTORY (any file system: a kept mount, a peer, ext4 as the reference), else a mount of a
/// fresh cluster of three nodes in this process.
/// </summary>
public sealed class PosixTarget : IAsyncLifetime
{
    private TestCluster? _cluster;
    private InProcessMount? _mount;
    private int _next;

    public string Directory { get; private set; } = "";

    /// <summary>An empty directory for one test.</summary>
    public string NewDirectory()
    {
        var path = Path.Combine(Directory, $"case{Environment.ProcessId}-{Interlocked.Increment(ref _next)}");
        System.IO.Directory.CreateDirectory(path);
        return path;
    }

    public async ValueTask InitializeAsync()
    {
        Directory = Environment.GetEnvironmentVariable("SEALFS_POSIX_DIRECTORY") ?? "";
        if (Directory.Length > 0)
            return;
        _cluster = await TestCluster.StartAsync();
        _mount = await _cluster.MountAsync();
        Directory = _mount.Directory;
    }

    public async ValueTask DisposeAsync()
    {
        if (_mount is not null)
            await _mount.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}

/// <summary>One target for the whole suite.</summary>
[CollectionDefinition(Name)]
public sealed class PosixSuite : ICollectionFixture<PosixTarget>
{
    public const string Name = "POSIX";
}
