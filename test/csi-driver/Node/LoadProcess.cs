using System.Diagnostics;
using System.Globalization;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>
/// <see cref="VerifiedLoad"/> in a process of its own: whoever starts a process closes, in the child, what it has open itself, and a file on a mount that nobody serves is
/// not closed before somebody does. So the starter of mountd must have nothing open there.
/// </summary>
internal sealed class LoadProcess : IAsyncDisposable
{
    public const string Variable = "SEALFS_TEST_LOAD";

    private readonly Process _process;
    private volatile string _lastLine = "-1";
    private volatile string _problem = "";

    public LoadProcess(string directory)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment[Variable] = directory;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                return;
            if (line.Data.StartsWith("round ", StringComparison.Ordinal))
                _problem = line.Data;
            else if (_problem.Length > 0)
                _problem += Environment.NewLine + line.Data;
            _lastLine = line.Data;
        };
        _process.Start();
        _process.BeginOutputReadLine();
    }

    public int Rounds => int.TryParse(_lastLine, CultureInfo.InvariantCulture, out var round) ? round + 1 : 0;

    /// <summary>Waits until it got on by so many rounds.</summary>
    public async Task AdvanceAsync(int rounds)
    {
        var goal = Rounds + rounds;
        await Waiting.UntilAsync($"{rounds} rounds of the load", () => Rounds >= goal || _process.HasExited, 90);
        Assert.False(_process.HasExited, _problem);
    }

    /// <summary>Lets it end and check what it left; returns its longest call.</summary>
    public async Task<TimeSpan> FinishAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        Assert.True(_process.ExitCode == 0, _problem);
        return TimeSpan.FromMilliseconds(double.Parse(_lastLine["longest ".Length..], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();

            // A process that waits in a mount ends when the mount does.
            await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(5)));
        }
        _process.Dispose();
    }
}
