using System.Diagnostics;
using System.Threading.Channels;

namespace SealFs.Scaling;

/// <summary>This program in another process, so that what it spends is not taken for what the manager spends.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process process;
    private readonly Channel<string> lines = Channel.CreateUnbounded<string>();

    public ChildProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => lines.Writer.TryWrite(line.Data ?? "");
        process.BeginOutputReadLine();
    }

    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    public double MemoryBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>The next line that begins with a word, without it.</summary>
    /// <exception cref="InvalidOperationException">The process has ended.</exception>
    public async Task<string> NextAsync(string word, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        while (true)
        {
            var line = await lines.Reader.ReadAsync(limit.Token);
            if (line.StartsWith(word, StringComparison.Ordinal))
                return line[word.Length..].Trim();
            if (process.HasExited)
                throw new InvalidOperationException("A process of the measurement ended early.");
        }
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
            process.Kill();
        process.Dispose();
    }
}
