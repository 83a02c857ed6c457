using System.Diagnostics;
using System.Globalization;
using SealFs.Core;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>A process that writes to files of a node and says what was acknowledged, until it is killed. It is this test program, asked for an explicit test.</summary>
internal sealed class ChildWriter : IDisposable
{
    public const string Variable = "SEALFS_TEST_WRITER";
    private readonly Process _process;

    private ChildWriter(Process process) => _process = process;

    public static ChildWriter Start(string directory, int seed, int from, IEnumerable<InodeId> files)
    {
        string[] arguments = ["-explicit", "only", "-class", typeof(ChildWriterProcess).FullName!];
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true };
        start.Environment[Variable] = string.Create(
            CultureInfo.InvariantCulture, $"{directory}|{seed}|{from}|{string.Join(',', files.Select(file => file.Value))}");
        return new ChildWriter(Process.Start(start)!);
    }

    /// <summary>Kills it after so many steps and some more time; answers the last step that it had an answer to, -1 for none.</summary>
    public int KillAfter(int steps, int more)
    {
        var last = -1;
        for (var step = 0; step < steps && _process.StandardOutput.ReadLine() is { } line; step += IsStep(line, ref last))
            continue;
        Thread.SpinWait(more);
        _process.Kill();
        while (_process.StandardOutput.ReadLine() is { } line)
            IsStep(line, ref last);
        _process.WaitForExit();
        return last;
    }

    /// <summary>A step's line is "step 12." and not cut off by the kill; the runner of the tests writes others.</summary>
    private static int IsStep(string line, ref int last)
    {
        if (!line.StartsWith("step ", StringComparison.Ordinal) || !line.EndsWith('.'))
            return 0;
        last = int.Parse(line[5..^1], CultureInfo.InvariantCulture);
        return 1;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
