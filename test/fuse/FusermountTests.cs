using System.Diagnostics;
using SealFs.Fuse.MemoryFs;

namespace SealFs.Fuse.Tests;

/// <summary>Mounting through the set-uid fusermount3, as those must who are not root.</summary>
public sealed class FusermountTests : IDisposable
{
    private const string Nobody = "65534";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sealfs-fuse-");

    public void Dispose()
    {
        if (IsMounted())
            FuseMount.Unmount(_directory.FullName, lazy: true);
        _directory.Delete();
    }

    [Fact]
    public void Fusermount_hands_over_the_descriptor()
    {
        SkipWithoutFusermount();
        using var fileSystem = new MemoryFileSystem();
        using (FuseHost.Start(_directory.FullName, fileSystem, new FuseHostOptions { Mount = new FuseMountOptions { ForceFusermount = true, Source = "memfs" } }))
        {
            Assert.Equal(0, Posix.MkDir(Posix.At(_directory.FullName, "d")));
            Assert.Equal(["d"], Posix.List(_directory.FullName));
        }
        Assert.False(IsMounted());
    }

    [Fact]
    public void Fusermounts_complaint_is_in_the_exception()
    {
        SkipWithoutFusermount();
        var options = new FuseMountOptions { ForceFusermount = true };
        var missing = Assert.Throws<FuseException>(() => FuseMount.Mount("/tmp/there-is-no-such-directory", options));
        Assert.Contains("there-is-no-such-directory", missing.Message);
    }

    [Fact]
    public async Task A_user_mounts_and_unmounts_without_root()
    {
        SkipWithoutFusermount();
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/setpriv"), "only root with setpriv can become another user here");
        Assert.SkipUnless(Run(AsNobody("test", ["-r", Path.Combine(AppContext.BaseDirectory, "memfs.dll")])) == 0, "another user cannot read the build");
        Assert.SkipUnless(Run(new ProcessStartInfo("test", ["-u", "/usr/bin/fusermount3"])) == 0, "fusermount3 is not set-uid here");
        Assert.SkipUnless(Run(AsNobody("test", ["-w", "/dev/fuse"])) == 0, "/dev/fuse is closed to other users here");
        Assert.Equal(0, Run(new ProcessStartInfo("chown", [$"{Nobody}:{Nobody}", _directory.FullName])));
        var cancel = TestContext.Current.CancellationToken;
        var start = AsNobody(Environment.ProcessPath is { } host && host.EndsWith("/dotnet", StringComparison.Ordinal) ? host : "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "memfs.dll"), _directory.FullName, "--private"]);
        start.RedirectStandardOutput = true;
        using var daemon = Process.Start(start)!;
        var line = await daemon.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), cancel);
        Assert.Contains(_directory.FullName, line);
        Assert.Equal(0, Run(AsNobody("touch", [$"{_directory.FullName}/file"])));
        Assert.Equal(0, Run(AsNobody("fusermount3", ["-u", _directory.FullName])));
        await daemon.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromSeconds(20), cancel);
        Assert.Equal(0, daemon.ExitCode);
    }

    private static void SkipWithoutFusermount() => Assert.SkipUnless(File.Exists("/usr/bin/fusermount3"), "fusermount3 is not installed");

    private static ProcessStartInfo AsNobody(string program, string[] arguments)
    {
        var start = new ProcessStartInfo("setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", program, .. arguments]);
        start.Environment["DOTNET_CLI_HOME"] = start.Environment["HOME"] = "/tmp";
        return start;
    }

    private static int Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        return process.WaitForExit(TimeSpan.FromSeconds(20)) ? process.ExitCode : -1;
    }

    private bool IsMounted() => File.ReadLines("/proc/self/mounts").Any(line => line.Contains(_directory.FullName, StringComparison.Ordinal));
}
