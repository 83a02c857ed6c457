using System.Diagnostics;
using System.Runtime.CompilerServices;
using SealFs.StorageNode.Hosting;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>A node host in a process of its own, so that it can be killed. The process is this test program, told by its environment.</summary>
internal sealed class ChildHost : IAsyncDisposable
{
    private const string Variable = "SEALFS_TEST_HOST";

    private readonly Process _process;

    private ChildHost(Process process) => _process = process;

    public static async Task<ChildHost> StartAsync(NodeOptions options)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardInput = true };
        start.Environment[Variable] = $"{options.Managers[0]}|{options.MetadataDirectory}|{options.DataDirectory}|{options.UnixPath}";
        var process = Process.Start(start)!;
        return await process.StandardOutput.ReadLineAsync() == "ready" ? new ChildHost(process) : throw new InvalidOperationException("The node did not start.");
    }

    /// <summary>kill -9.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Runs before anything of the test program does.</summary>
    [ModuleInitializer]
    internal static void BecomeHostWhenAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } setting)
            return;
        var parts = setting.Split('|');
        var options = new NodeOptions { Managers = [parts[0]], MetadataDirectory = parts[1], DataDirectory = parts[2], UnixPath = parts[3], Port = 0 };
        var host = Task.Run(() => NodeHost.StartAsync(options)).GetAwaiter().GetResult();
        Console.WriteLine("ready");

        // The parent's end of the pipe closes with the parent, however that ends.
        while (Console.In.Read() >= 0)
            continue;
        GC.KeepAlive(host);
        Environment.Exit(0);
    }
}
