using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster maintenance NODE</c>.</summary>
internal static class ClusterMaintenanceCommand
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private static readonly Setting<TimeSpan?> For = Setting<TimeSpan?>.Value(
        "--for", "TIME", "How long from now, at most 24h.", text => SettingParsers.Duration(text), null, null);

    private static readonly Setting<bool> End = Setting<bool>.Switch("--end", "The node is back: shards may be moved again.");

    public static Command Build()
    {
        var node = NodeArgument.Build();
        var command = new DocumentedCommand(
            "maintenance",
            "Say that a node will be restarted: no shard is moved from or to it meanwhile. Its own shards wait for it. Ends by itself after the time.",
            "sealfs cluster maintenance node-3 --for 10m",
            "sealfs cluster maintenance node-3 --end")
        { node };
        return command.With([For, End, .. ManagerConnection.Settings]).Does(invocation => RunAsync(invocation, invocation.Argument(node)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string node)
    {
        var duration = invocation.Get(For);
        if (invocation.Get(End) == duration.HasValue)
            throw new CommandFailure(ExitCode.Usage, "Give either --for TIME or --end.");
        if (duration <= TimeSpan.Zero || duration > s_longest)
            throw new CommandFailure(ExitCode.Usage, "--for: more than 0 and at most 24h.");
        using var manager = ManagerConnection.Open(invocation);
        var until = await manager.SetMaintenanceAsync(node, duration ?? TimeSpan.Zero, invocation.Stop);
        var view = new MaintenanceView(node, until == 0 || duration is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(until));
        invocation.Print(
            view, OutputJson.Default.MaintenanceView,
            maintenance => maintenance.Until is { } end
                ? $"{maintenance.Node} is in maintenance until {end:yyyy-MM-dd HH:mm:ss} UTC."
                : $"{maintenance.Node} is not in maintenance any more.");
        return ExitCode.Ok;
    }
}
