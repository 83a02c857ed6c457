using System.Diagnostics;
using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.Scaling;

/// <summary>How long the manager plans, how much moves, and how even it becomes.</summary>
internal static class PlanningBench
{
    public static void Run(BenchOptions options)
    {
        Console.WriteLine("\n| shards × nodes | copies | change | planned in | replicas moved | least possible | on a node |");
        Console.WriteLine("| --- | ---: | --- | ---: | ---: | ---: | ---: |");
        (uint Shards, int Nodes)[] clusters = options.Quick
            ? [(256, 3), (options.Shards, options.Nodes)]
            : [(256, 3), (options.Shards, options.Nodes), (PlacementLimits.MaxShards, options.Nodes)];
        foreach (var (shards, nodes) in clusters)
        {
            foreach (var copies in new[] { 1, 3 })
                Measure(options, shards, Sample.Nodes(nodes), copies);
        }
    }

    private static void Measure(BenchOptions options, uint shards, ClusterNode[] nodes, int copies)
    {
        var repetitions = shards > 100_000 ? 1 : options.Repetitions;
        var none = new ReplicaSet[shards];
        Array.Fill(none, ReplicaSet.Empty);
        var first = Row(repetitions, none, nodes, copies, "first map");
        foreach (var count in new[] { 1, 10, 100 })
        {
            if (count >= nodes.Length)
                break;
            Row(repetitions, first, [.. nodes, .. Sample.Nodes(count, nodes.Length + 1)], copies, $"{count} more");
            Row(repetitions, first, nodes[..^count], copies, $"{count} fewer");
        }
    }

    private static ReplicaSet[] Row(int repetitions, ReplicaSet[] before, ClusterNode[] nodes, int copies, string change)
    {
        var times = new List<double>();
        ReplicaSet[] after = [];
        for (var repetition = 0; repetition < repetitions; repetition++)
        {
            var begun = Stopwatch.GetTimestamp();
            after = ShardMapBuilder.Rebalance(before, nodes, copies);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        var held = after.SelectMany(shard => shard.InSync).CountBy(node => node).ToDictionary();
        var moved = Enumerable.Range(0, after.Length).Sum(index => after[index].InSync.Count(node => !before[index].InSync.Contains(node)));
        Console.WriteLine(
            $"| {before.Length:N0} × {nodes.Length:N0} | {copies} | {change} | {Sample.Ms(Sample.Median(times))} | {moved:N0} | {Least(before, nodes, copies):N0} | "
            + $"{held.Values.Min():N0} to {held.Values.Max():N0} |");
        return after;
    }

    /// <summary>What nodes that are gone held (or nobody did), and what the others lack to the whole part of their share beyond that.</summary>
    private static long Least(ReplicaSet[] before, ClusterNode[] nodes, int copies)
    {
        var held = nodes.ToDictionary(node => node.Id, _ => 0L);
        long vacant = 0;
        foreach (var shard in before)
        {
            vacant += Math.Min(copies, nodes.Length) - shard.InSync.Length;
            foreach (var node in shard.InSync)
            {
                if (held.TryGetValue(node, out var count))
                    held[node] = count + 1;
                else
                    vacant++;
            }
        }
        var share = (long)before.Length * Math.Min(copies, nodes.Length) / nodes.Length;
        return Math.Max(vacant, held.Values.Sum(count => Math.Max(0, share - count)));
    }
}
