using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using Spectre.Console;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster status</c>.</summary>
internal static class ClusterStatusCommand
{
    /// <summary>Moves that are listed; <c>cluster moves</c> has all.</summary>
    private const int MovesShown = 10;

    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(1);

    private static readonly Setting<bool> Watch = Setting<bool>.Switch("--watch", "Go on showing it, until Ctrl-C. On a terminal only.");

    public static Command Build() => new DocumentedCommand(
            "status",
            "Say whether the cluster is well: exit code 0 when it is, 1 when a node or a shard is not available. Shows what moves, which nodes are being drained and how "
            + "long that takes, and how even the nodes are.",
            "sealfs cluster status",
            "sealfs cluster status --watch",
            "sealfs cluster status --manager 10.0.0.5:7400 --output json")
        .With([Watch, .. ManagerConnection.Settings])
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var manager = ManagerConnection.Open(invocation);
        if (invocation.Get(Watch))
            return await WatchAsync(invocation, manager);
        var status = await AskAsync(manager, invocation.Stop);
        invocation.Print(status, OutputJson.Default.StatusView, Describe);
        return status.Healthy ? ExitCode.Ok : ExitCode.Findings;
    }

    private static async Task<int> WatchAsync(Invocation invocation, ControlClient manager)
    {
        if (invocation.Json || Console.IsOutputRedirected)
            throw new CommandFailure(ExitCode.Usage, "--watch is for a terminal. In a script, ask again from time to time.");
        var status = await AskAsync(manager, invocation.Stop);
        await AnsiConsole.Live(new Text(Describe(status))).StartAsync(async live =>
        {
            while (!invocation.Stop.IsCancellationRequested)
            {
                await Task.Delay(s_refresh, invocation.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                live.UpdateTarget(new Text(await TryDescribeAsync(manager, invocation.Stop) ?? Describe(status)));
            }
        });
        return ExitCode.Ok;
    }

    /// <returns>What to show; null when the user wants to stop.</returns>
    private static async Task<string?> TryDescribeAsync(ControlClient manager, CancellationToken stop)
    {
        try
        {
            return Describe(await AskAsync(manager, stop));
        }
        catch (ControlException problem)
        {
            return problem.Message;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<StatusView> AskAsync(ControlClient manager, CancellationToken stop)
    {
        var status = await manager.ClusterStatusAsync(stop);
        var nodes = await manager.ListNodesAsync(stop);
        var moves = await manager.ListMovesAsync(stop);
        return StatusView.Of(status, nodes, moves, status.MapBuilt ? await UnevennessAsync(manager, stop) : null);
    }

    private static async Task<UnevennessView> UnevennessAsync(ControlClient manager, CancellationToken stop) => new(
        (await manager.RebalanceAsync(BalanceBy.Share, dryRun: true, stop)).UnevennessBefore,
        (await manager.RebalanceAsync(BalanceBy.UsedBytes, dryRun: true, stop)).UnevennessBefore);

    private static string Describe(StatusView status)
    {
        var even = status.Unevenness is { } uneven
            ? $"\n  uneven    {ProgressText.Percent(uneven.ByShare)} by shards, {ProgressText.Percent(uneven.ByUsedBytes)} by bytes"
            : "";
        var moves = status.Moves.Moves.Length > 0 ? $"\n{status.Moves.Moves.Length} shards are moving or about to:\n{status.Moves.Table(MovesShown)}" : "";
        var drains = string.Concat(status.Draining.Select(node => $"\n{node.Node}: {node.Progress.Describe()}\n"));
        return $"""
            Cluster {status.ClusterId}: {status.Summary}
              nodes     {status.NodesLive} live, {status.NodesDead} dead, {status.ExpectedNodes} expected
              shards    {status.Shards}, {status.ShardsUnavailable} unavailable, {status.Copies} cop{(status.Copies == 1 ? "y" : "ies")} (map version {status.MapVersion})
              volumes   {status.Volumes}{(status.VolumesDeleting > 0 ? $", {status.VolumesDeleting} being deleted" : "")}
              clients   {status.Sessions}
              capacity  {ByteSize.Format(status.CapacityBytes)}, {ByteSize.Format(status.FreeBytes)} free{even}
              manager   {status.ManagerVersion}, up for {TimeSpan.FromMilliseconds(status.UptimeMs):d\.hh\:mm\:ss}
            {drains}{moves}
            """;
    }
}
