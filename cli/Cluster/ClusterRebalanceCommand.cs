using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster rebalance</c>.</summary>
internal static class ClusterRebalanceCommand
{
    private static readonly Setting<BalanceBy> By = Setting<BalanceBy>.Value(
        "--by", "share|used|load", "What is made even: the number of shards by weight, the bytes in them, or the requests to them.",
        SettingParsers.OneOf(("share", BalanceBy.Share), ("used", BalanceBy.UsedBytes), ("load", BalanceBy.Load)), BalanceBy.Share, "share");

    private static readonly Setting<bool> DryRun = Setting<bool>.Switch("--dry-run", "Only say what would be moved.");

    public static Command Build() => new DocumentedCommand(
            "rebalance",
            "Make the nodes even, once. Shards move a few at a time while they are in use, and no more of them than it takes. 'sealfs cluster balance' lets the cluster do "
            + "it by itself.",
            "sealfs cluster rebalance --by used --dry-run",
            "sealfs cluster rebalance --by used")
        .With([By, DryRun, .. ManagerConnection.Settings])
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var isDryRun = invocation.Get(DryRun);
        var by = invocation.Get(By);
        using var manager = ManagerConnection.Open(invocation);
        var names = StatusView.NamesOf(await manager.ListNodesAsync(invocation.Stop));
        var plan = RebalanceView.Of(await manager.RebalanceAsync(by, isDryRun, invocation.Stop), names, isDryRun);
        invocation.Print(plan, OutputJson.Default.RebalanceView, view => view.Describe());
        return ExitCode.Ok;
    }
}
