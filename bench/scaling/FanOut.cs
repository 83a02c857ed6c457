using System.Diagnostics;
using SealFs.Core.Placement;
using SealFs.Manager.Maps;

namespace SealFs.Scaling;

/// <summary>From publishing a map until the last client has it; one change at a time, and many a second as while nodes are drained.</summary>
internal static class FanOut
{
    public static async Task RunAsync(BenchOptions options, MapKeeper maps, ChildProcess clients)
    {
        await MeasureSinglesAsync(options, maps, clients);
        foreach (var rate in new[] { 4, 20, 100 })
            await MeasureRateAsync(options, maps, clients, rate);
    }

    private static async Task MeasureSinglesAsync(BenchOptions options, MapKeeper maps, ChildProcess clients)
    {
        var median = new List<double>();
        var last = new List<double>();
        var spent = new List<double>();
        var kernel = new List<double>();
        for (var repetition = 0; repetition < Math.Max(options.Repetitions, 2) * 2; repetition++)
        {
            await Task.Delay(1500);
            var map = Sample.Moved(maps.Current, 1, repetition);
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            var system = Process.GetCurrentProcess().PrivilegedProcessorTime;
            var begun = Stopwatch.GetTimestamp();
            maps.Publish(map);
            var seen = await SeenAsync(clients, map.Version);
            median.Add(Stopwatch.GetElapsedTime(begun, seen.Median).TotalMilliseconds);
            last.Add(Stopwatch.GetElapsedTime(begun, seen.Last).TotalMilliseconds);
            spent.Add((Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMilliseconds);
            kernel.Add((Process.GetCurrentProcess().PrivilegedProcessorTime - system).TotalMilliseconds);
        }

        // The first ones compile.
        ControlBench.Row(
            "one shard moved, until a client has the map",
            $"half of them {Sample.Ms(Sample.Median(median.Skip(2)))}, the last {Sample.Ms(Sample.Median(last.Skip(2)))} (of {last.Count - 2}: "
            + $"{Sample.Ms(last.Skip(2).Min())} to {Sample.Ms(last.Skip(2).Max())}); manager {Sample.Ms(Sample.Median(spent.Skip(2)))} of processor, "
            + $"{Sample.Ms(Sample.Median(kernel.Skip(2)))} of it in the kernel");
    }

    private static async Task MeasureRateAsync(BenchOptions options, MapKeeper maps, ChildProcess clients, int perSecond)
    {
        await Task.Delay(2000);
        var seconds = options.Quick ? 2 : 10;
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var begun = Stopwatch.GetTimestamp();
        ClusterMap map = maps.Current;
        for (var change = 0; change < perSecond * seconds; change++)
        {
            maps.Publish(map = Sample.Moved(maps.Current, 1, change));
            var due = TimeSpan.FromSeconds((change + 1.0) / perSecond) - Stopwatch.GetElapsedTime(begun);
            if (due > TimeSpan.Zero)
                await Task.Delay(due);
        }
        var published = Stopwatch.GetTimestamp();
        var spent = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var seen = await SeenAsync(clients, map.Version);
        ControlBench.Row(
            $"{perSecond} changes a second for {seconds} s",
            $"manager {spent:F2} cores (with heartbeats); all clients have the last one {Sample.Ms(Math.Max(0, Stopwatch.GetElapsedTime(published, seen.Last).TotalMilliseconds))} after it");
    }

    private static async Task<(long Median, long Last)> SeenAsync(ChildProcess clients, ulong version)
    {
        while (true)
        {
            var parts = (await clients.NextAsync("seen", TimeSpan.FromMinutes(5))).Split(' ');

            // A node that died meanwhile makes a later version, which brings this one along.
            if (ulong.Parse(parts[0]) >= version)
                return (long.Parse(parts[1]), long.Parse(parts[2]));
        }
    }
}
