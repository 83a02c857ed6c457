using Google.Protobuf;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Scaling;

/// <summary>What maps and their differences weigh, and what a client spends on taking one.</summary>
internal static class MapBench
{
    public static void Run(BenchOptions options)
    {
        Console.WriteLine("\n| shards × nodes | what | on the wire | made | encoded | decoded and applied |");
        Console.WriteLine("| --- | --- | ---: | ---: | ---: | ---: |");
        (uint Shards, int Nodes)[] clusters = options.Quick
            ? [(256, 3), (options.Shards, options.Nodes)]
            : [(256, 3), (options.Shards, options.Nodes), (PlacementLimits.MaxShards, options.Nodes)];
        foreach (var (shards, nodes) in clusters)
            Measure(options, Sample.Map(shards, Sample.Nodes(nodes)));
        Console.WriteLine();
        foreach (var (shards, nodes) in clusters)
            Memory(shards, nodes);
    }

    private static void Measure(BenchOptions options, ClusterMap map)
    {
        var name = $"{map.ShardCount:N0} × {map.Nodes.Length:N0}";
        var bytes = ClusterMapCodec.ToBytes(map);
        var snapshot = ClusterMapCodec.ToProto(map);
        var made = Sample.Median(options.Repetitions, () => ClusterMapCodec.ToProto(map));
        var encoded = Sample.Median(options.Repetitions, () => snapshot.ToByteArray());
        var decoded = Sample.Median(options.Repetitions, () => ClusterMapCodec.FromBytes(bytes));
        Console.WriteLine($"| {name} | the whole map | {Sample.Size(bytes.Length)} | {Sample.Ms(made)} | {Sample.Ms(encoded)} | {Sample.Ms(decoded)} |");
        Difference(options, name, "one shard moved", map, Sample.Moved(map, 1));
        Difference(options, name, "8 shards moved", map, Sample.Moved(map, 8));
        Difference(options, name, "one node dead", map, map.WithNode(map.Nodes[0] with { State = NodeState.Dead }));
    }

    private static void Difference(BenchOptions options, string name, string what, ClusterMap before, ClusterMap after)
    {
        var message = ClusterMapCodec.ToProto(ClusterMapDiff.Between(before, after));
        var update = new MapUpdate { Diff = message };
        var bytes = update.ToByteArray();
        const int Times = 100;
        var made = Sample.Median(options.Repetitions, () => Repeat(Times, () => ClusterMapCodec.ToProto(ClusterMapDiff.Between(before, after)))) / Times;
        var encoded = Sample.Median(options.Repetitions, () => Repeat(Times, () => update.ToByteArray())) / Times;
        var applied = Sample.Median(options.Repetitions, () => Repeat(Times, () => ClusterMapCodec.Apply(before, MapUpdate.Parser.ParseFrom(bytes)))) / Times;
        Console.WriteLine($"| {name} | {what} | {Sample.Size(bytes.Length)} | {Sample.Ms(made)} | {Sample.Ms(encoded)} | {Sample.Ms(applied)} |");
    }

    private static void Memory(uint shards, int nodes)
    {
        foreach (var copies in new[] { 1, 3 })
        {
            var bytes = ClusterMapCodec.ToBytes(Sample.Map(shards, Sample.Nodes(nodes), copies));
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var map = ClusterMapCodec.FromBytes(bytes)!;
            var after = GC.GetTotalMemory(forceFullCollection: true);
            var versions = new List<ClusterMap> { map };
            for (var version = 0; version < 100 && copies == 1; version++)
                versions.Add(Sample.Moved(versions[^1], 1, version));
            var kept = GC.GetTotalMemory(forceFullCollection: true);
            Console.WriteLine(
                $"memory of a map of {shards:N0} × {nodes:N0}, {copies} cop{(copies == 1 ? "y" : "ies")}: {Sample.Size(after - before)}; "
                + $"{Sample.Size(bytes.Length)} on the wire" + (copies == 1 ? $"; each earlier version that is kept {Sample.Size((kept - after) / 100.0)}" : ""));
            GC.KeepAlive(versions);
            GC.KeepAlive(bytes);
        }
    }

    private static void Repeat(int times, Action run)
    {
        for (var time = 0; time < times; time++)
            run();
    }
}
