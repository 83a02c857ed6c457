using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster cancel-move ID</c>.</summary>
internal static class ClusterCancelMoveCommand
{
    public static Command Build()
    {
        var id = new Argument<string>("ID") { Description = "Number of the move, as 'sealfs cluster moves' lists them." };
        var command = new DocumentedCommand(
            "cancel-move",
            "Call one move off: the shard stays where it is served, and what was copied is deleted. A move that the shares or a drain ask for is planned again later; "
            + "'sealfs cluster drain NODE --cancel' and 'sealfs cluster balance' end what asks for it.",
            "sealfs cluster cancel-move 42")
        { id };
        return command.With(ManagerConnection.Settings).Does(invocation => RunAsync(invocation, invocation.Argument(id)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string text)
    {
        var id = Invocation.Parse("ID", text, SettingParsers.Count);
        using var manager = ManagerConnection.Open(invocation);
        await manager.CancelMoveAsync(id, invocation.Stop);
        invocation.Print(new MoveStarted(id), OutputJson.Default.MoveStarted, move => $"Move {move.Id} is called off.");
        return ExitCode.Ok;
    }
}
