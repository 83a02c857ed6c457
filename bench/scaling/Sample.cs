using System.Diagnostics;
using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.Scaling;

/// <summary>Clusters to measure with, and medians.</summary>
internal static class Sample
{
    /// <summary>Nodes as they look in a data centre: eight zones, names, addresses and identities of a usual length.</summary>
    public static ClusterNode[] Nodes(int count, int first = 1) =>
        [.. Enumerable.Range(first, count).Select(number => Node(number))];

    public static ClusterNode Node(int number) => new(
        new NodeId((uint)number),
        $"storage-{number:D4}",
        $"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}:7410",
        "/run/sealfs/node.sock",
        new Guid(number, 0, 0, new byte[8]).ToString("N"),
        $"zone-{number % 8}",
        1,
        NodeState.Live);

    public static ClusterMap Map(uint shards, ClusterNode[] nodes, int copies = 1) =>
        ClusterMap.Unbuilt(new Guid(1, 2, 3, new byte[8]), shards).WithNodes(nodes).WithReplicas(ShardMapBuilder.Build(shards, nodes, copies));

    /// <summary>The map after some shards have moved to the next node.</summary>
    public static ClusterMap Moved(ClusterMap map, int count, int step = 0)
    {
        var changes = new List<KeyValuePair<ShardId, ShardAssignment>>();
        for (var index = 0; index < count; index++)
        {
            var shard = new ShardId((uint)((step + ((long)index * map.ShardCount / count)) % map.ShardCount));
            var before = map[shard];
            var place = map.Nodes.IndexOf(map.Node(before.Primary)!);
            changes.Add(new(shard, new(new Epoch(before.Epoch.Value + 1), ReplicaSet.Of(map.Nodes[(place + 1) % map.Nodes.Length].Id))));
        }
        return map.WithAssignments(map.Nodes, changes);
    }

    /// <summary>Milliseconds, the median; the first run is not counted, since it compiles.</summary>
    public static double Median(int repetitions, Action run)
    {
        run();
        var times = new List<double>();
        for (var repetition = 0; repetition < repetitions; repetition++)
        {
            var begun = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        return Median(times);
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    public static string Ms(double milliseconds) => milliseconds switch
    {
        < 0.1 => $"{milliseconds * 1000:F1} µs",
        < 10 => $"{milliseconds:F2} ms",
        < 1000 => $"{milliseconds:F0} ms",
        _ => $"{milliseconds / 1000:F1} s",
    };

    public static string Size(double bytes) => bytes switch
    {
        < 10_000 => $"{bytes:F0} B",
        < 10_000_000 => $"{bytes / 1024:F0} KiB",
        _ => $"{bytes / 1024 / 1024:F1} MiB",
    };
}
