using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SealFs.Cli.Mounts;

/// <summary>Processes that are not our children: whether one still lives, and how to ask it to stop.</summary>
internal static partial class ProcessIdentity
{
    private const int SIGTERM = 15;
    private const int SIGKILL = 9;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Field 22 of /proc/PID/stat; null when there is no such process or it is a zombie.</summary>
    public static long? StartTicks(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>SIGTERM.</summary>
    public static void AskToStop(int process) => _ = kill(process, SIGTERM);

    public static void Kill(int process) => _ = kill(process, SIGKILL);

    /// <summary>Waits until a process is gone. .NET can only wait for children by other means than asking again and again.</summary>
    /// <returns>False when it still lived after <paramref name="limit"/>.</returns>
    public static async Task<bool> WaitGoneAsync(int process, long startTicks, TimeSpan limit, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        while (StartTicks(process) == startTicks)
        {
            if (clock.Elapsed > limit)
                return false;
            await Task.Delay(PollInterval, stop);
        }
        return true;
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
