using System.Diagnostics;

namespace SealFs.Client.Tests.Mounts;

/// <summary>Written data wait for a node that is away, and so do those who want to know that they have arrived, until a signal ends the wait.</summary>
public sealed class NodeAwayTests
{
    private const string Writer = """
        import os, sys
        file = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
        os.write(file, b"written")
        print("ready", flush=True)
        sys.stdin.readline()
        os.fsync(file)
        print("synced", flush=True)
        """;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_fsync_outlives_the_time_that_an_operation_may_take()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/python3"), "no python3");
        await using var cluster = await TestCluster.StartAsync(nodes: 1);
        await using var mount = await cluster.MountAsync(static options => options with { OperationTimeoutMs = 200 });
        using var writer = Start(Path.Combine(mount.Directory, "f"));
        Assert.Equal("ready", await ReadLineAsync(writer));
        await cluster.StopNodeAsync(0);
        await writer.StandardInput.WriteLineAsync();

        // Another operation of the mount fails meanwhile: so long has the fsync been waiting at least.
        Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(mount.Directory, "other"), "x"));
        await cluster.StartNodeAsync(0);
        Assert.Equal("synced", await ReadLineAsync(writer));
        Assert.Equal("written", await File.ReadAllTextAsync(Path.Combine(mount.Directory, "f"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_signal_ends_the_wait_and_the_data_are_kept()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/python3"), "no python3");
        await using var cluster = await TestCluster.StartAsync(nodes: 1);
        await using var mount = await cluster.MountAsync(static options => options with { OperationTimeoutMs = 600_000 });
        using var writer = Start(Path.Combine(mount.Directory, "f"));
        Assert.Equal("ready", await ReadLineAsync(writer));
        await cluster.StopNodeAsync(0);
        await writer.StandardInput.WriteLineAsync();
        writer.Kill();
        await writer.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_limit, TestContext.Current.CancellationToken);
        await cluster.StartNodeAsync(0);
        Assert.Equal("written", await File.ReadAllTextAsync(Path.Combine(mount.Directory, "f"), TestContext.Current.CancellationToken));
    }

    private static Process Start(string path) =>
        Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Writer, path]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static Task<string?> ReadLineAsync(Process process) =>
        process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(s_limit, TestContext.Current.CancellationToken);
}
