using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster map</c>.</summary>
internal static class ClusterMapCommand
{
    private static readonly Setting<bool> Shards = Setting<bool>.Switch("--shards", "List every shard, not only the sums for each node.");

    public static Command Build() => new DocumentedCommand(
            "map", "Show the cluster map: how many shards each node holds, or each shard with its epoch and its holders.",
            "sealfs cluster map",
            "sealfs cluster map --shards")
        .With([Shards, .. ManagerConnection.Settings])
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var manager = ManagerConnection.Open(invocation);
        var view = MapView.Of(await manager.GetMapAsync(invocation.Stop));
        var listShards = invocation.Get(Shards);
        invocation.Print(view, OutputJson.Default.MapView, map => $"Map version {map.Version} of cluster {map.ClusterId}\n" + (listShards ? EachShard(map) : Sums(map)));
        return ExitCode.Ok;
    }

    private static TextTable Sums(MapView map)
    {
        var table = new TextTable("NODE", ">PRIMARY", ">IN SYNC", ">LEARNER");
        foreach (var (id, name) in map.Nodes)
        {
            table.Add(
                name, $"{map.Shards.Count(shard => shard.Primary == id)}", $"{map.Shards.Count(shard => shard.InSync.Contains(id))}",
                $"{map.Shards.Count(shard => shard.Learners.Contains(id))}");
        }
        return table;
    }

    private static TextTable EachShard(MapView map)
    {
        var table = new TextTable(">SHARD", ">EPOCH", "PRIMARY", "IN SYNC", "LEARNERS");
        foreach (var shard in map.Shards)
            table.Add($"{shard.Shard}", $"{shard.Epoch}", NameOf(shard.Primary), Names(shard.InSync), Names(shard.Learners));
        return table;

        string NameOf(uint id) => map.Nodes.GetValueOrDefault(id, "none");
        string Names(IEnumerable<uint> ids) => string.Join(' ', ids.Select(NameOf));
    }
}
