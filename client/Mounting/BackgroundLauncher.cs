using System.Diagnostics;
using System.Globalization;

namespace SealFs.Client.Mounting;

/// <summary>
/// Runs this program once more, detached from the terminal: the foreground process waits until the other reports that it serves, or why it does not.
/// .NET cannot fork, so the detached process is a new execution of the same command line that finds <see cref="ReadyVariable"/> in its environment.
/// </summary>
public static class BackgroundLauncher
{
    private const string ReadyVariable = "SEALFS_INTERNAL_READY_FD";
    private const string LogVariable = "SEALFS_INTERNAL_LOG";

    /// <summary>
    /// The streams are redirected before the program starts: .NET keeps duplicates of those that it started with, and whoever reads the other end
    /// of a pipe would wait for the background process to end.
    /// </summary>
    private const string RedirectAndExecute = "exec \"$@\" </dev/null >>\"$" + LogVariable + "\" 2>&1";

    private static int s_readyDescriptor = -1;

    /// <summary>
    /// Starts <paramref name="arguments"/> of this program in the background, its output going to <paramref name="logPath"/>. Null when it reported
    /// that it is ready; else one line that says why not.
    /// </summary>
    public static async Task<string?> LaunchAsync(IEnumerable<string> arguments, string logPath, CancellationToken cancellation)
    {
        using var pipe = new ReadyPipe();
        logPath = Path.GetFullPath(logPath);
        Directory.CreateDirectory(Path.GetDirectoryName(logPath)!);
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(RedirectAndExecute);
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(SelfCommand.Current.FileName);
        foreach (var argument in SelfCommand.Current.LeadingArguments.Concat(arguments))
            start.ArgumentList.Add(argument);
        start.Environment[ReadyVariable] = pipe.WriteDescriptor.ToString(CultureInfo.InvariantCulture);
        start.Environment[LogVariable] = logPath;

        using var process = Process.Start(start) ?? throw new InvalidOperationException("The background process was not started.");
        pipe.CloseWriteEnd();
        try
        {
            return await pipe.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>
    /// To be called first thing: in a process that <see cref="LaunchAsync"/> started it leaves the terminal's session and returns true. Elsewhere it does nothing.
    /// </summary>
    public static bool DetachIfLaunched()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable(ReadyVariable), CultureInfo.InvariantCulture, out s_readyDescriptor))
        {
            s_readyDescriptor = -1;
            return false;
        }

        Environment.SetEnvironmentVariable(ReadyVariable, null);
        Environment.SetEnvironmentVariable(LogVariable, null);
        Native.Check(Native.fcntl(s_readyDescriptor, Native.F_SETFD, Native.FD_CLOEXEC), "fcntl(F_SETFD)");

        // Fails only where the process leads a group already, and then it has no terminal to lose.
        _ = Native.setsid();
        return true;
    }

    /// <summary>Lets the waiting foreground process end with success. Does nothing in a process that was not launched.</summary>
    public static void ReportReady() => Report(ReadyPipe.ReportReady);

    /// <summary>Lets the waiting foreground process end with this reason. Does nothing in a process that was not launched.</summary>
    public static void ReportFailure(string reason) => Report(descriptor => ReadyPipe.ReportFailure(descriptor, reason));

    private static void Report(Action<int> report)
    {
        var descriptor = Interlocked.Exchange(ref s_readyDescriptor, -1);
        if (descriptor >= 0)
            report(descriptor);
    }
}
