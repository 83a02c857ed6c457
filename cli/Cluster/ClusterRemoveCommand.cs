using System.CommandLine;
using System.Globalization;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Control;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster remove NODE</c>.</summary>
internal static class ClusterRemoveCommand
{
    private static readonly Setting<bool> ForceLoseData = Setting<bool>.Switch(
        "--force-lose-data", "Also when the node holds shards: they are given, empty, to other nodes. What was in them is lost for ever. For a node that will never come back.");

    private static readonly Setting<bool> Yes = Setting<bool>.Switch("--yes", "With --force-lose-data: do not ask for the node's name to be typed.");

    public static Command Build()
    {
        var node = NodeArgument.Build();
        var command = new DocumentedCommand(
            "remove",
            "Take a node out of the cluster for ever. Refused (exit code 7) while it holds something: drain it first. Its process ends by itself; its directories can be deleted "
            + "then.",
            "sealfs cluster drain node-3 && sealfs cluster remove node-3",
            "sealfs cluster remove node-3 --force-lose-data   # its disk is gone")
        { node };
        return command.With([ForceLoseData, Yes, .. ManagerConnection.Settings]).Does(invocation => RunAsync(invocation, invocation.Argument(node)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string node)
    {
        var isForced = invocation.Get(ForceLoseData);
        using var manager = ManagerConnection.Open(invocation);
        if (isForced && !invocation.Get(Yes))
            await AskAsync(invocation, manager, node);
        var lost = await manager.RemoveNodeAsync(node, isForced, invocation.Stop);
        invocation.Print(new NodeRemoved(node, [.. lost.Select(shard => shard.Value)]), OutputJson.Default.NodeRemoved, Describe);
        return ExitCode.Ok;
    }

    private static string Describe(NodeRemoved removed) => removed.LostShards.Length == 0
        ? $"{removed.Node} is out of the cluster."
        : $"{removed.Node} is out of the cluster. What was in {removed.LostShards.Length} shards is lost: {string.Join(' ', removed.LostShards)}. "
            + "'sealfs fsck VOLUME' says which files that are.";

    private static async Task AskAsync(Invocation invocation, ControlClient manager, string node)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
            throw new CommandFailure(ExitCode.Usage, "--force-lose-data loses data for ever: give --yes too, where nobody can be asked.");
        var nodes = await manager.ListNodesAsync(invocation.Stop);
        var known = nodes.FirstOrDefault(other => other.Node.Name == node || other.Node.Id.ToString(CultureInfo.InvariantCulture) == node)
            ?? throw new CommandFailure(ExitCode.NotFound, $"There is no node {node}.");
        Console.Error.WriteLine(
            $"{known.Node.Name} holds {known.PrimaryShards} shards with {ByteSize.Format(known.ShardBytes)}, as far as is known. What is in them will be lost for ever.");
        Console.Error.Write("Type the name of the node to go on: ");
        if (Console.ReadLine()?.Trim() != known.Node.Name)
            throw new CommandFailure(ExitCode.Refused, "That was not its name: nothing was done.");
    }
}
