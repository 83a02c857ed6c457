using System.Diagnostics;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>
/// This process is the keeper: it mounts, makes the clones, does the handshake and holds every descriptor. The daemon is another process, killed again and again
/// under load; the next one asks for what was in flight, or finds it where the kernel cannot send it again. No application may see an error.
/// </summary>
/// <remarks>
/// The load is a third process: a keeper must never have a file of its own mount open. The child it forks would close it at its exec, which sends a FLUSH,
/// and wait for an answer from the daemon that it is about to become.
/// </remarks>
public sealed class DaemonDeathTests : IDisposable
{
    private const int Kills = 12;
    private const int FilesBetweenKills = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _mountPoint = Directory.CreateTempSubdirectory("sealfs-fuse-");
    private readonly DirectoryInfo _backing = Directory.CreateTempSubdirectory("sealfs-backing-");
    private readonly int[] _descriptors = new int[2];
    private FuseNegotiated _negotiated = null!;
    private int _memory = -1;
    private Process? _daemon;
    private Process? _load;

    private void Mount(FuseInitFlags withheld)
    {
        _descriptors[0] = FuseMount.Mount(_mountPoint.FullName, new FuseMountOptions());
        _negotiated = FuseHandshake.Perform(_descriptors[0], new FuseHandshakeOptions { Withheld = withheld });
        _descriptors[1] = FuseMount.Clone(_descriptors[0]);
        if (!_negotiated.Has(FuseInitFlags.FUSE_HAS_RESEND)) _memory = Posix.Memory(FuseRequestMemory.BytesFor(_negotiated));
    }

    public void Dispose()
    {
        FuseConnection.Find(_mountPoint.FullName)?.Abort();
        try
        {
            FuseMount.Unmount(_mountPoint.FullName, lazy: true);
        }
        catch (FuseException)
        {
            // The test has unmounted it.
        }
        foreach (var descriptor in _descriptors) FuseMount.Close(descriptor);
        if (_memory >= 0) Posix.Close(_memory);
        if (_daemon is { HasExited: false }) _daemon.Kill();
        _load?.Dispose();
        _daemon?.Dispose();
        _mountPoint.Delete();
        _backing.Delete(recursive: true);
    }

    [Theory]
    [InlineData(FuseInitFlags.None)]
    [InlineData(FuseInitFlags.FUSE_HAS_RESEND)]
    public async Task A_daemon_killed_under_load_is_replaced_without_an_error(FuseInitFlags withheld)
    {
        Mount(withheld);
        var cancel = TestContext.Current.CancellationToken;
        StartDaemon("first");
        using var load = Start(["load", _mountPoint.FullName], standardStreams: true);
        _load = load;
        for (var kill = 0; kill < Kills; kill++)
        {
            for (var i = 0; i < FilesBetweenKills; i++)
            {
                var line = await load.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(Patience, cancel);
                if (line == null) Assert.Fail($"after {kill} kills the application saw an error: {Complaint(load)}");
            }
            _daemon!.Kill();
            await _daemon.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
            _daemon.Dispose();
            StartDaemon("successor");
        }
        load.StandardInput.Close();
        await load.StandardOutput.ReadToEndAsync(cancel).WaitAsync(Patience, cancel);
        await load.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
        if (load.ExitCode != 0) Assert.Fail(Complaint(load));
        Assert.Empty(_backing.EnumerateFiles());
        FuseMount.Unmount(_mountPoint.FullName);
        await _daemon!.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
        Assert.Equal(0, _daemon.ExitCode);
    }

    private static string Complaint(Process process) => process.StandardError.ReadToEnd();

    private void StartDaemon(string role)
    {
        int[] inherited = _memory < 0 ? _descriptors : [.. _descriptors, _memory];
        foreach (var descriptor in inherited) FuseMount.SetInheritable(descriptor, inheritable: true);
        _daemon = Start(["serve", _backing.FullName, string.Join(',', _descriptors), Convert.ToBase64String(_negotiated.ToBytes()), role, $"{_memory}"], standardStreams: false);
        foreach (var descriptor in inherited) FuseMount.SetInheritable(descriptor, inheritable: false);
    }

    private static Process Start(string[] arguments, bool standardStreams) =>
        Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "survivor"), arguments)
        {
            RedirectStandardInput = standardStreams,
            RedirectStandardOutput = standardStreams,
            RedirectStandardError = standardStreams,
        })!;
}
