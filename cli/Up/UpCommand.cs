using System.CommandLine;
using System.Text.Json;
using SealFs.Cli.Mounts;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Client;
using SealFs.Client.Mounting;
using SealFs.Client.Runtime;

namespace SealFs.Cli.Up;

/// <summary><c>sealfs up DIR</c>: a whole cluster and its mount in one process.</summary>
internal static class UpCommand
{
    private const string Volume = "fs";

    private static readonly Setting<int?> Nodes = Setting<int?>.Value(
        "--nodes", "N", "Number of storage nodes of a new cluster.", text => SettingParsers.Integer(1, 64)(text), null, "3");

    private static readonly Setting<bool> Foreground = Setting<bool>.Switch("--foreground", "Stay in the foreground and log to stderr; Ctrl-C stops everything.", "-f");

    private static readonly Setting<string?> DataRoot = Setting<string?>.Value(
        "--data-root", "DIR", "Where the cluster keeps its data, which outlive it.", SettingParsers.Text, null, "~/.local/share/sealfs/NAME, with a NAME made of DIR");

    private static readonly Setting<long?> Size = Setting<long?>.Value(
        "--size", "SIZE", "Size of the volume (10G); 0: as large as the disk.", text => SettingParsers.Size(text), null, null);

    private static readonly Setting<int?> Port = Setting<int?>.Value(
        "--port", "PORT", "Port of the manager, on loopback.", text => SettingParsers.Integer(1, 65_535)(text), null, "7400, or a free one when it is taken");

    public static Command Build()
    {
        var directory = new Argument<string>("DIR") { Description = "Where to mount; made when missing." };
        var command = new DocumentedCommand(
            "up", "Start a manager, storage nodes and a mount, all in one process on this machine. The data stay when it ends, and the next 'up' finds them.",
            "sealfs up ~/fs",
            "sealfs up ~/fs --nodes 1 --size 10G",
            "sealfs up ~/fs --foreground --log-level debug",
            "sealfs down ~/fs")
        { directory };
        return command.With(Nodes, Foreground, DataRoot, Size, Port).Does(invocation => RunAsync(invocation, invocation.Directory(directory)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string directory)
    {
        var paths = invocation.Get(DataRoot) is { } root ? new UpPaths(Path.GetFullPath(root)) : UpPaths.Default(directory);
        if (MountRegistry.Find(directory) is { StartedBy: "up" } && MountTable.At(directory) is not null && !MountPoint.IsDead(directory))
        {
            Console.WriteLine($"SealFS is up already on {directory}. 'sealfs down {directory}' stops it.");
            return ExitCode.Ok;
        }
        if (invocation.IsBackground || invocation.Get(Foreground))
            return await ServeAsync(invocation, directory, paths);
        Directory.CreateDirectory(paths.Root);
        await invocation.RunInBackgroundAsync(paths.Log);
        var state = JsonSerializer.Deserialize(await File.ReadAllTextAsync(paths.StateFile, invocation.Stop), OutputJson.Default.UpState)!;
        invocation.Print(state, OutputJson.Default.UpState, UpMessage.Of);
        return ExitCode.Ok;
    }

    private static async Task<int> ServeAsync(Invocation invocation, string directory, UpPaths paths)
    {
        Directory.CreateDirectory(paths.Root);
        using var only = LockRoot(paths);
        PrepareMountPoint(directory);
        var nodes = CountNodes(invocation, paths);
        await using var cluster = await EmbeddedCluster.StartAsync(paths, nodes, invocation.Get(Port), invocation.Loggers, invocation.Stop);
        await cluster.EnsureVolumeAsync(Volume, invocation.Get(Size), invocation.Stop);
        var options = new MountOptions { Volume = Volume, Directory = directory, Managers = [cluster.Manager] };
        await using var mount = await InProcessMount.StartAsync(options, invocation.Loggers, invocation.Stop);
        using var registration = MountRegistry.Register(directory, Volume, "up");
        var state = new UpState(directory, Volume, cluster.Manager, nodes, paths.Root, Environment.ProcessId);
        await File.WriteAllTextAsync(paths.StateFile, JsonSerializer.Serialize(state, OutputJson.Default.UpState), CancellationToken.None);
        if (!invocation.IsBackground)
            invocation.Print(state, OutputJson.Default.UpState, UpMessage.Of);
        invocation.ReportReady();
        await Task.WhenAny(invocation.UntilStopped(), mount.Unmounted);
        return ExitCode.Ok;
    }

    private static FileStream LockRoot(UpPaths paths)
    {
        try
        {
            return new FileStream(paths.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException problem)
        {
            throw new CommandFailure(ExitCode.Refused, $"Another 'sealfs up' uses {paths.Root}.", problem);
        }
    }

    /// <summary>Removes what a killed cluster left on the directory, and refuses to hide files.</summary>
    private static void PrepareMountPoint(string directory)
    {
        if (!MountPoint.IsDead(directory))
            Directory.CreateDirectory(directory);
        MountPoint.Prepare(directory);
        if (MountTable.At(directory) is { } other)
            throw new CommandFailure(ExitCode.Refused, $"Something is mounted on {directory} already ({other.Type}).");
        if (Directory.EnumerateFileSystemEntries(directory).Any())
            throw new CommandFailure(ExitCode.Refused, $"{directory} is not empty: a mount would hide what is in it. Choose a new directory.");
    }

    private static int CountNodes(Invocation invocation, UpPaths paths)
    {
        const int FallbackNodes = 3;
        var wanted = invocation.Get(Nodes);
        var existing = paths.ExistingNodes();
        if (existing == 0)
            return wanted ?? FallbackNodes;
        if (wanted is { } number && number != existing)
            throw new CommandFailure(ExitCode.Usage, $"The cluster in {paths.Root} has {existing} nodes: leave out --nodes, or choose another --data-root.");
        return existing;
    }
}
