using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster move SHARD NODE</c>.</summary>
internal static class ClusterMoveCommand
{
    public static Command Build()
    {
        var shard = new Argument<string>("SHARD") { Description = "Number of the shard, as 'sealfs cluster map --shards' lists them." };
        var node = NodeArgument.Build();
        var command = new DocumentedCommand(
            "move",
            "Move one shard to a node, whatever the shares say, while it is in use. It keeps its place until a node comes, goes or is drained. Returns at once; "
            + "'sealfs cluster moves' shows the progress.",
            "sealfs cluster move 17 node-2",
            "sealfs cluster moves")
        { shard, node };
        return command.With(ManagerConnection.Settings).Does(invocation => RunAsync(invocation, invocation.Argument(shard), invocation.Argument(node)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string shard, string node)
    {
        var number = Invocation.Parse("SHARD", shard, SettingParsers.Integer(0, (int)PlacementLimits.MaxShards - 1));
        using var manager = ManagerConnection.Open(invocation);
        var id = await manager.MoveShardAsync(new ShardId((uint)number), node, invocation.Stop);
        invocation.Print(new MoveStarted(id), OutputJson.Default.MoveStarted, move => $"Move {move.Id}: shard {number} goes to {node}.");
        return ExitCode.Ok;
    }
}
