using System.CommandLine;
using SealFs.Cli.Mounts;
using SealFs.Cli.Settings;
using SealFs.Client.Mounting;
using SealFs.Fuse;

namespace SealFs.Cli.Up;

/// <summary><c>sealfs down DIR</c>: stops what <c>up</c> started.</summary>
internal static class DownCommand
{
    private static readonly Setting<TimeSpan> Timeout = Setting<TimeSpan>.Value(
        "--timeout", "TIME", "How long to wait for it.", SettingParsers.Duration, TimeSpan.FromSeconds(120), "120s");

    public static Command Build()
    {
        var directory = new Argument<string>("DIR") { Description = "The directory given to 'up'." };
        var command = new DocumentedCommand(
            "down", "Stop the cluster that 'up' started for a directory: what was written is written back, then it is unmounted and ends. The data stay.",
            "sealfs down ~/fs")
        { directory };
        return command.With(Timeout).Does(invocation => RunAsync(invocation, invocation.Directory(directory)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string directory)
    {
        if (MountRegistry.Find(directory) is not { StartedBy: "up" } server)
        {
            if (!MountPoint.IsDead(directory))
                throw new CommandFailure(ExitCode.NotFound, $"No cluster that 'sealfs up' started is running for {directory}.");
            FuseMount.Unmount(directory, lazy: true);
            Console.WriteLine($"The cluster of {directory} had ended; its dead mount is removed.");
            return ExitCode.Ok;
        }
        ProcessIdentity.AskToStop(server.ProcessId);
        if (!await ProcessIdentity.WaitGoneAsync(server.ProcessId, server.StartTicks, invocation.Get(Timeout), invocation.Stop))
            throw new CommandFailure(ExitCode.Failed, $"Process {server.ProcessId} is still stopping; its log is beside its data.");
        Console.WriteLine($"Stopped. 'sealfs up {directory}' brings the files back.");
        return ExitCode.Ok;
    }
}
