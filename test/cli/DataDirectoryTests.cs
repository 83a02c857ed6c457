using System.Diagnostics;
using Xunit;

namespace SealFs.Cli.Tests;

/// <summary>Who can read what the servers store.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-data-").FullName;

    private string Store => Path.Combine(_directory, "store");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("manager", "--data-dir")]
    [InlineData("node", "--metadata-dir")]
    [InlineData("node", "--data-dir")]
    [InlineData("up", "--data-root")]
    public async Task A_directory_that_other_users_can_enter_is_refused(string command, string option)
    {
        Directory.CreateDirectory(Store);
        await File.WriteAllTextAsync(Path.Combine(Store, "file"), "", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(Store, (UnixFileMode)Convert.ToInt32("755", 8));
        var others = command switch
        {
            "manager" => new[] { "--listen", "127.0.0.1:0", "--metrics-port", "off" },
            "up" => [Path.Combine(_directory, "mount")],
            _ => ["--listen", "127.0.0.1:0", "--metrics-port", "off", option == "--data-dir" ? "--metadata-dir" : "--data-dir", Path.Combine(_directory, "other")],
        };
        var outcome = await SealFsProcess.RunAsync([command, option, Store, .. others]);
        Assert.Equal(7, outcome.ExitCode);
        Assert.Contains($"'chmod 700 {Store}'", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manager_stores_nothing_that_other_users_can_open()
    {
        Directory.CreateDirectory(Store);
        File.SetUnixFileMode(Store, (UnixFileMode)Convert.ToInt32("755", 8));
        var start = new ProcessStartInfo(SealFsProcess.Program, ["manager", "--data-dir", Store, "--listen", "127.0.0.1:0", "--metrics-port", "off"]);
        using var manager = Process.Start(start)!;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(60));
            while (!File.Exists(Path.Combine(Store, "manager.db")) || !File.Exists(Path.Combine(Store, "manager.lock")))
                await Task.Delay(50, limit.Token);
            const UnixFileMode NotOwner = (UnixFileMode)63;
            Assert.Equal(default, File.GetUnixFileMode(Store) & NotOwner);
            Assert.All(Directory.GetFiles(Store), file => Assert.Equal(default, File.GetUnixFileMode(file) & NotOwner));
        }
        finally
        {
            manager.Kill();
            await manager.WaitForExitAsync(CancellationToken.None);
        }
    }
}
