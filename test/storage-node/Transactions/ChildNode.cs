using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using SealFs.Core;
using SealFs.StorageNode.Transactions;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>A node in a process of its own, so that it can die. The process is this test program, told by its environment to be a node.</summary>
internal sealed class ChildNode : IAsyncDisposable
{
    private const string Variable = "SEALFS_TEST_NODE";

    private readonly Process _process;

    private ChildNode(Process process) => _process = process;

    public bool HasExited => _process.HasExited;

    public static ChildNode Start(TestLayout layout, NodeId id, string? failpoint = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardInput = true };
        start.Environment[Variable] = string.Create(
            CultureInfo.InvariantCulture, $"{layout.Directory}|{layout.Nodes}|{layout.Shards}|{layout.SplitThreshold}|{id}");
        start.Environment.Remove(Failpoints.Variable);
        if (failpoint is not null)
            start.Environment[Failpoints.Variable] = failpoint;
        var process = Process.Start(start)!;
        if (process.StandardOutput.ReadLine() != "ready")
            throw new InvalidOperationException("the node's process did not start");
        return new ChildNode(process);
    }

    /// <summary>Returns when the process is gone, because it met its failpoint.</summary>
    public async Task WaitForDeathAsync(TimeSpan patience) => await _process.WaitForExitAsync().WaitAsync(patience);

    /// <summary>Like kill -9.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Runs before anything of the test program does.</summary>
    [ModuleInitializer]
    internal static void BecomeNodeWhenAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } setting)
            return;
        var parts = setting.Split('|');
        var layout = new TestLayout(
            parts[0],
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            uint.Parse(parts[2], CultureInfo.InvariantCulture),
            ulong.Parse(parts[3], CultureInfo.InvariantCulture));
        var node = TestNode.Start(layout, new NodeId(uint.Parse(parts[4], CultureInfo.InvariantCulture)));
        Console.WriteLine("ready");
        // The parent's end of the pipe closes with the parent, however that ends.
        while (Console.In.Read() >= 0)
            continue;
        GC.KeepAlive(node);
        Environment.Exit(0);
    }
}
