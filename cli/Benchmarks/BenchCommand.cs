using System.CommandLine;
using System.Runtime.InteropServices;
using SealFs.Cli.Mounts;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Benchmarks;

/// <summary><c>sealfs bench DIR</c>: how fast is the file system that this directory is on?</summary>
internal static class BenchCommand
{
    private static readonly Setting<int> Threads = Setting<int>.Value(
        "--threads", "N", "Callers at the same time.", SettingParsers.Integer(1, 256), 4, "4");

    private static readonly Setting<int> Files = Setting<int>.Value(
        "--files", "N", "Files that each caller makes.", SettingParsers.Integer(1, 1_000_000), 2000, "2000");

    private static readonly Setting<long> StreamSize = Setting<long>.Value(
        "--stream-size", "SIZE", "Size of the file that each caller writes and reads; 0 leaves out the throughput rows.", SettingParsers.Size, 64L << 20, "64MiB");

    private static readonly Setting<TimeSpan> RandomTime = Setting<TimeSpan>.Value(
        "--random-time", "TIME", "How long each random row runs at most.", SettingParsers.Duration, TimeSpan.FromSeconds(3), "3s");

    public static Command Build()
    {
        var directory = new Argument<string>("DIR") { Description = "Any directory: on SealFS, or on another file system to compare with. A subdirectory is made and removed." };
        var command = new DocumentedCommand(
            "bench", "Measure metadata and throughput in a directory: create, stat, remove, small files, sequential and random reads and writes.",
            "sealfs bench ~/fs",
            "sealfs bench ~/fs --threads 1 --files 5000",
            "sealfs bench /tmp --output json > local.json   # the same on the local disk")
        { directory };
        return command.With(Threads, Files, StreamSize, RandomTime).Does(invocation => Task.Run(() => Run(invocation, invocation.Directory(directory))));
    }

    private static int Run(Invocation invocation, string parent)
    {
        if (!Directory.Exists(parent))
            throw new CommandFailure(ExitCode.NotFound, $"{parent} is not a directory.");
        var plan = new BenchPlan(
            $"{parent}/sealfs-bench.{Environment.ProcessId}", invocation.Get(Threads), invocation.Get(Files), invocation.Get(StreamSize),
            invocation.Get(RandomTime).TotalSeconds);
        var phases = MetadataPhases.Of(plan).Concat(plan.StreamBytes > 0 ? ThroughputPhases.Of(plan) : []).ToArray();
        var started = DateTimeOffset.UtcNow;
        Directory.CreateDirectory(plan.Directory);
        try
        {
            var results = BenchScreen.Run(phases, plan.Threads, invocation.Stop);
            var report = new BenchReport(
                parent, FileSystemOf(parent), $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}", Environment.ProcessorCount,
                plan.Threads, started, results);
            if (invocation.Json)
                invocation.Print(report, OutputJson.Default.BenchReport, _ => "");
            else
                BenchScreen.PrintTable(report);
            return ExitCode.Ok;
        }
        finally
        {
            Directory.Delete(plan.Directory, recursive: true);
        }
    }

    private static string FileSystemOf(string directory)
    {
        var best = MountTable.Read().Where(mount => mount.Covers(directory)).MaxBy(mount => mount.Directory.Length);
        return best is null ? "unknown" : $"{best.Type} on {best.Directory}";
    }
}
