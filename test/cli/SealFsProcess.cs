using System.Diagnostics;

namespace SealFs.Cli.Tests;

/// <summary>One run of the real executable: the one that SEALFS_TEST_PROGRAM names (test/run.sh: the published one), or the one beside the tests.</summary>
internal static class SealFsProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static string Program { get; } = Environment.GetEnvironmentVariable("SEALFS_TEST_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "sealfs");

    /// <summary>Runs a command to its end. The environment has no setting of SealFS but those given.</summary>
    public static async Task<ProcessOutcome> RunAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SEALFS_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"sealfs {string.Join(' ', arguments)} did not end.");
        }
        return new ProcessOutcome(process.ExitCode, await output, await error);
    }
}
