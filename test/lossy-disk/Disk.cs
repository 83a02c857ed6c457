using System.Diagnostics;
using System.Net.Sockets;
using Xunit;

namespace SealFs.LossyDisk.Tests;

/// <summary>A mounted lossy disk in a process of its own (see <c>disk/</c>), on a loop device, so that the kernel tells it about syncfs(2) too.</summary>
internal sealed class Disk : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string _device;
    private readonly Process _process;
    private readonly StreamReader _answers;
    private readonly StreamWriter _commands;

    private Disk(string directory, string device, Process process, NetworkStream control)
    {
        _directory = directory;
        _device = device;
        _process = process;
        _answers = new StreamReader(control);
        _commands = new StreamWriter(control) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>The mount point.</summary>
    public string Root => Path.Combine(_directory, "mount");

    /// <summary>Mounts a disk, or skips the test where that cannot be done.</summary>
    public static async Task<Disk> MountAsync(long capacityBytes = 4L << 30)
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        Assert.SkipUnless(File.Exists("/dev/fuse"), "needs /dev/fuse");
        var directory = Directory.CreateTempSubdirectory("sealfs-lossy-").FullName;
        Directory.CreateDirectory(Path.Combine(directory, "mount"));
        var device = await AttachAsync(Path.Combine(directory, "device"));
        if (device is null)
        {
            Directory.Delete(directory, true);
            Assert.Skip("this machine has no loop devices");
        }

        string[] arguments = [Path.Combine(directory, "mount"), Path.Combine(directory, "control"), "--block-device", device, "--capacity", $"{capacityBytes}"];
        var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "lossy-disk"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(directory, "control")));
        return new Disk(directory, device, process, new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Gives a command (see <c>disk/Control.cs</c>) and returns what came with the answer.</summary>
    public async Task<string> CommandAsync(string command)
    {
        await _commands.WriteLineAsync(command);
        var answer = await _answers.ReadLineAsync();
        Assert.StartsWith("ok", answer, StringComparison.Ordinal);
        return answer![2..].Trim();
    }

    /// <summary>A number that the disk knows: hits, unsynced, calls OPERATION.</summary>
    public async Task<long> AskAsync(string command) => long.Parse(await CommandAsync(command), System.Globalization.CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _answers.Dispose();
        await RunAsync("losetup", "--detach", _device);
        Directory.Delete(_directory, true);
    }

    private static async Task<string?> AttachAsync(string path)
    {
        await using (var file = File.Create(path))
            file.SetLength(1 << 20);
        try
        {
            var output = await RunAsync("losetup", "--find", "--show", path);
            return output.StartsWith("/dev/", StringComparison.Ordinal) ? output.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
