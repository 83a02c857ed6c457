using System.Globalization;
using Spectre.Console;

namespace SealFs.Cli.Benchmarks;

/// <summary>The progress bars on stderr while it runs, and the table on stdout at the end.</summary>
internal static class BenchScreen
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs the phases one after the other, with a bar for each.</summary>
    public static BenchResult[] Run(IReadOnlyList<BenchPhase> phases, int threads, CancellationToken stop)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(context =>
            {
                var tasks = phases.Select(phase => context.AddTask(Markup.Escape(phase.Name), autoStart: false, maxValue: 1)).ToArray();
                return phases.Select((phase, index) => RunOne(phase, threads, tasks[index], stop)).ToArray();
            });
    }

    public static void PrintTable(BenchReport report)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = 140;
        console.MarkupLineInterpolated($"{report.Directory} ({report.FileSystem}), {report.Threads} threads, {report.Processors} processors, {report.Machine}");
        var table = new Table().Border(TableBorder.Rounded).AddColumn("phase");
        foreach (var heading in (string[])["operations/s", "MiB/s", "median µs", "99 % µs", "longest µs", "seconds"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var result in report.Results)
        {
            table.AddRow(
                Markup.Escape(result.Phase), Number(result.OperationsPerSecond), result.MebibytesPerSecond == 0 ? "" : Number(result.MebibytesPerSecond),
                Number(result.MedianMicroseconds), Number(result.P99Microseconds), Number(result.LongestMicroseconds), Number(result.Seconds));
        }
        console.Write(table);
    }

    private static BenchResult RunOne(BenchPhase phase, int threads, ProgressTask task, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        task.StartTask();
        var runner = new PhaseRunner(phase, threads, stop);
        using var refresh = new Timer(_ => task.Value = Math.Min(0.99, runner.Progress), null, TimeSpan.Zero, RefreshInterval);
        var result = runner.Run();
        task.Value = 1;
        task.StopTask();
        return result;
    }

    private static string Number(double value) => value.ToString(value < 10 ? "0.00" : "#,0", CultureInfo.InvariantCulture);
}
