using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Control;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster drain NODE</c>.</summary>
internal static class ClusterDrainCommand
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private static readonly Setting<bool> NoWait = Setting<bool>.Switch("--no-wait", "Return at once; 'sealfs cluster status' shows the progress.");

    private static readonly Setting<bool> Cancel = Setting<bool>.Switch("--cancel", "Call the drain off: what has moved stays there until the shares bring it back.");

    public static Command Build()
    {
        var node = NodeArgument.Build();
        var command = new DocumentedCommand(
            "drain",
            "Empty a node while it serves: its shards move to the others, with what is in them. Waits until it is empty; Ctrl-C ends the waiting, not the drain, and the same "
            + "command waits again. Afterwards 'sealfs cluster remove' takes the node out.",
            "sealfs cluster drain node-3",
            "sealfs cluster drain node-3 --no-wait",
            "sealfs cluster drain node-3 --cancel")
        { node };
        return command.With([NoWait, Cancel, .. ManagerConnection.Settings]).Does(invocation => RunAsync(invocation, invocation.Argument(node)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string node)
    {
        var isNoWait = invocation.Get(NoWait);
        using var manager = ManagerConnection.Open(invocation);
        if (invocation.Get(Cancel))
        {
            if (isNoWait)
                throw new CommandFailure(ExitCode.Usage, "--cancel does not wait: leave out --no-wait.");
            await manager.CancelDrainAsync(node, invocation.Stop);
            invocation.Print(new NodeChanged(node), OutputJson.Default.NodeChanged, changed => $"{changed.Node} is not drained any more.");
            return ExitCode.Ok;
        }
        var progress = DrainView.Of(await manager.DrainNodeAsync(node, invocation.Stop));
        if (!isNoWait)
            progress = await WaitAsync(invocation, manager, node, progress);
        invocation.Print(progress, OutputJson.Default.DrainView, view => $"{node}: {view.Describe()}");
        return ExitCode.Ok;
    }

    private static async Task<DrainView> WaitAsync(Invocation invocation, ControlClient manager, string node, DrainView progress)
    {
        using var screen = new DrainScreen(node);
        try
        {
            while (!progress.Done)
            {
                screen.Show(progress.Describe());
                await Task.Delay(s_interval, invocation.Stop);
                progress = await AskAsync(invocation, manager, node, screen) ?? progress;
            }
            return progress;
        }
        catch (OperationCanceledException)
        {
            screen.Say($"The drain goes on. 'sealfs cluster drain {node}' waits for it, with --cancel it is called off.");
            throw;
        }
    }

    /// <summary>A drain takes hours in a large cluster: a manager that is restarted meanwhile does not end the waiting.</summary>
    private static async Task<DrainView?> AskAsync(Invocation invocation, ControlClient manager, string node, DrainScreen screen)
    {
        try
        {
            return DrainView.Of(await manager.DrainNodeAsync(node, invocation.Stop));
        }
        catch (ControlException problem) when (problem.IsTransient)
        {
            screen.Show(problem.Message);
            return null;
        }
    }
}
