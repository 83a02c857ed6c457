using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>A long-running command of the real executable: the one that SEALFS_TEST_PROGRAM names (test/run.sh: the published one), or the one beside the tests.</summary>
internal sealed partial class SealFsProcess : IAsyncDisposable
{
    /// <summary>Shows what the processes log, for whoever looks for a fault.</summary>
    private static readonly bool s_isVerbose = Environment.GetEnvironmentVariable("SEALFS_TEST_VERBOSE") is not null;

    private static readonly string s_program = Environment.GetEnvironmentVariable("SEALFS_TEST_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "sealfs");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly LogLines _log;

    private SealFsProcess(Process process, LogLines log)
    {
        _process = process;
        _log = log;
    }

    public int Id => _process.Id;

    public string Log => _log.Text;

    public static SealFsProcess Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    /// <summary>The same with variables in its environment.</summary>
    public static SealFsProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var log = new LogLines();
        var start = new ProcessStartInfo(s_program, arguments) { RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["SEALFS_CONFIG"] = "";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, line) =>
        {
            log.Add(line.Data ?? "");
            if (s_isVerbose)
                Console.Error.WriteLine($"{arguments[0]}: {line.Data}");
        };
        process.Start();
        process.BeginErrorReadLine();
        return new SealFsProcess(process, log);
    }

    /// <summary>Processes whose parent this one is.</summary>
    public IReadOnlyList<int> Children() => [.. Directory.EnumerateDirectories($"/proc/{Id}/task")
        .SelectMany(task => File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(text => int.Parse(text, CultureInfo.InvariantCulture))];

    /// <summary>SIGKILL, of this process alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Limit);
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
            _ = kill(Id, 15);
        await _process.WaitForExitAsync().WaitAsync(Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    public static void Kill(int process) => _ = kill(process, 9);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
