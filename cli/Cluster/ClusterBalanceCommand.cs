using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster balance</c>.</summary>
internal static class ClusterBalanceCommand
{
    private const long MegaByte = 1_000_000;

    private static readonly Setting<BalanceMode?> Mode = Setting<BalanceMode?>.Value(
        "--mode", "off|automatic", "off: shards move only when nodes come, go, are drained or change their weight. automatic: also when bytes or load have become uneven.",
        text => SettingParsers.OneOf(("off", BalanceMode.Off), ("automatic", BalanceMode.Automatic))(text), null, null);

    private static readonly Setting<int?> Moves = Setting<int?>.Value(
        "--moves", "N", "Shards that move at the same time in the cluster.", text => SettingParsers.Integer(1, 10_000)(text), null, null);

    private static readonly Setting<int?> MovesPerNode = Setting<int?>.Value(
        "--moves-per-node", "N", "Shards that move from or to one node at the same time.", text => SettingParsers.Integer(1, 1000)(text), null, null);

    private static readonly Setting<double?> Bandwidth = Setting<double?>.Value(
        "--bandwidth", "MB/S", "What one node spends on copying at most, in millions of bytes a second; 0: no limit.", text => ParseBandwidth(text), null, null);

    public static Command Build() => new DocumentedCommand(
            "balance", "Show how the cluster balances its nodes, or change it. What is under way goes on with the new limits.",
            "sealfs cluster balance",
            "sealfs cluster balance --mode automatic",
            "sealfs cluster balance --moves 4 --bandwidth 200")
        .With([Mode, Moves, MovesPerNode, Bandwidth, .. ManagerConnection.Settings])
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var request = RequestOf(invocation);
        using var manager = ManagerConnection.Open(invocation);
        var settings = request is null ? await manager.GetBalanceAsync(invocation.Stop) : await manager.SetBalanceAsync(request, invocation.Stop);
        invocation.Print(BalanceView.Of(settings), OutputJson.Default.BalanceView, view => view.Describe());
        return ExitCode.Ok;
    }

    /// <returns>What is to change; null when nothing is.</returns>
    private static SetBalanceRequest? RequestOf(Invocation invocation)
    {
        var request = new SetBalanceRequest();
        if (invocation.Get(Mode) is { } mode)
            request.Mode = mode;
        if (invocation.Get(Moves) is { } moves)
            request.Moves = (uint)moves;
        if (invocation.Get(MovesPerNode) is { } movesPerNode)
            request.MovesPerNode = (uint)movesPerNode;
        if (invocation.Get(Bandwidth) is { } megaBytes)
            request.BytesPerSecond = (ulong)(megaBytes * MegaByte);
        return request.CalculateSize() == 0 && !request.HasMode && !request.HasBytesPerSecond ? null : request;
    }

    private static double ParseBandwidth(string text) => text == "0" ? 0 : SettingParsers.Positive(text);
}
