using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster safe NODE</c>.</summary>
internal static class ClusterSafeCommand
{
    private static readonly Setting<bool> ToRestart = Setting<bool>.Value(
        "--to", "remove|restart", "What the exit code is about.", SettingParsers.OneOf(("remove", false), ("restart", true)), false, "remove");

    public static Command Build()
    {
        var node = NodeArgument.Build();
        var command = new DocumentedCommand(
            "safe",
            "Say whether a node can be stopped, and why not: for ever, and for a moment. Exit code 0 when it is safe to do what --to names, 1 when it is not.",
            "sealfs cluster safe node-3",
            "sealfs cluster safe node-3 --to restart && systemctl restart sealfs-node")
        { node };
        return command.With([ToRestart, .. ManagerConnection.Settings]).Does(invocation => RunAsync(invocation, invocation.Argument(node)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string node)
    {
        var isAboutRestart = invocation.Get(ToRestart);
        using var manager = ManagerConnection.Open(invocation);
        var safety = SafetyView.Of(node, await manager.NodeSafetyAsync(node, invocation.Stop));
        invocation.Print(safety, OutputJson.Default.SafetyView, view => view.Describe());
        return (isAboutRestart ? safety.SafeToRestart : safety.SafeToRemove) ? ExitCode.Ok : ExitCode.Findings;
    }
}
