using System.CommandLine;
using SealFs.Cli.Output;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster moves</c>.</summary>
internal static class ClusterMovesCommand
{
    public static Command Build() => new DocumentedCommand(
            "moves", "List the shards that move or are about to, with their progress, and how many have moved.",
            "sealfs cluster moves",
            "sealfs cluster moves --output json")
        .With(ManagerConnection.Settings)
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var manager = ManagerConnection.Open(invocation);
        var names = StatusView.NamesOf(await manager.ListNodesAsync(invocation.Stop));
        var moves = MovesView.Of(await manager.ListMovesAsync(invocation.Stop), names);
        invocation.Print(moves, OutputJson.Default.MovesView, view => view.Describe());
        return ExitCode.Ok;
    }
}
