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

    private static int s_readyDescriptor = -1;

    /// <summary>
    /// Starts <paramref name="arguments"/> of this program in the background, its output going to <paramref name="logPath"/>. Null when it reported
    /// that it is ready; else one line that says why not.
    /// </summary>
    public static async Task<string?> LaunchAsync(IEnumerable<string> arguments, string logPath, CancellationToken cancellation)
    {
        using var pipe = new ReadyPipe();
        var start = new ProcessStartInfo(SelfCommand.Current.FileName) { UseShellExecute = false };
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
    /// To be called first thing: in a process that <see cref="LaunchAsync"/> started it leaves the terminal's session, points standard input at nothing and
    /// output at the log file, and returns true. Elsewhere it does nothing.
    /// </summary>
    public static bool DetachIfLaunched()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable(ReadyVariable), CultureInfo.InvariantCulture, out s_readyDescriptor))
        {
            s_readyDescriptor = -1;
            return false;
        }

        var logPath = Environment.GetEnvironmentVariable(LogVariable) ?? "/dev/null";
        Environment.SetEnvironmentVariable(ReadyVariable, null);
        Environment.SetEnvironmentVariable(LogVariable, null);
        Native.Check(Native.fcntl(s_readyDescriptor, Native.F_SETFD, Native.FD_CLOEXEC), "fcntl(F_SETFD)");

        // Fails only where the process leads a group already, and then it has no terminal to lose.
        _ = Native.setsid();
        Redirect("/dev/null", Native.O_RDWR, 0);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(logPath))!);
        Redirect(logPath, Native.O_WRONLY | Native.O_CREAT | Native.O_APPEND, 1, 2);
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

    private static void Redirect(string path, int flags, params ReadOnlySpan<int> targets)
    {
        var descriptor = Native.Check(Native.open(path, flags | Native.O_CLOEXEC, 0x1A4 /* 0644 */), $"open {path}");
        foreach (var target in targets)
            Native.Check(Native.dup2(descriptor, target), "dup2");
        _ = Native.close(descriptor);
    }
}
