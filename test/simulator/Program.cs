using System.Diagnostics;
using System.Globalization;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.Mounts;
using SealFs.StorageNode.Replication;

namespace SealFs.Simulator;

/// <summary>
/// <c>--seed N [--seeds COUNT] [--trace] [--lost-names] [--no-leftovers] [--syncs-nothing] [--planted BUG] [--write-behind] [--mistake MISTAKE]</c> runs simulations and prints what came of them; anything else is for the test runner. Exit code 1 when a run failed.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments) =>
        arguments.Contains("--seed") ? Simulate(arguments) : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments);

    private static int Simulate(string[] arguments)
    {
        var first = Value(arguments, "--seed", 1);
        var count = Value(arguments, "--seeds", 1);
        var trace = arguments.Contains("--trace") ? Console.Out : null;
        var watch = Stopwatch.StartNew();
        var failed = 0;
        var undecided = 0;
        var planted = Array.IndexOf(arguments, "--planted") is >= 0 and var at && at + 1 < arguments.Length ? Enum.Parse<PlantedBugs>(arguments[at + 1], true) : PlantedBugs.None;
        var mistakes = Array.IndexOf(arguments, "--mistake") is >= 0 and var place && place + 1 < arguments.Length ? Enum.Parse<Mistakes>(arguments[place + 1], true) : Mistakes.None;
        for (var seed = first; seed < first + count; seed++)
        {
            var strays = ThreadPool.CompletedWorkItemCount;
            var options = (arguments.Contains("--write-behind") ? SimulationOptions.ForWriteBehind(seed) : arguments.Contains("--lost-names") ? SimulationOptions.ForLostNames(seed) : SimulationOptions.For(seed)) with
            {
                HasLeftovers = !arguments.Contains("--no-leftovers"),
                SyncsNothing = arguments.Contains("--syncs-nothing"),
                PlantedBugs = planted,
                Mistakes = mistakes,
            };
            var began = watch.Elapsed;
            var report = Simulation.Run(seed, options, trace);
            if (watch.Elapsed - began > TimeSpan.FromSeconds(20))
                Console.WriteLine($"seed {seed} took {(watch.Elapsed - began).TotalSeconds:F1} s");
            if ((seed - first + 1) % 1000 == 0)
                Console.WriteLine($"{seed - first + 1} seeds, {failed} failed");
            undecided += report.Undecided > 0 ? 1 : 0;
            failed += report.IsGood ? 0 : 1;
            if (count == 1 || !report.IsGood)
                Console.WriteLine($"{report.Describe()}, {ThreadPool.CompletedWorkItemCount - strays} strays");
        }

        Console.WriteLine($"{count} seeds from {first}, {failed} failed, {undecided} undecided, {watch.Elapsed.TotalSeconds / count:F3} s a seed");
        return failed == 0 ? 0 : 1;
    }

    private static int Value(string[] arguments, string name, int otherwise)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
