using System.CommandLine;
using System.Text.Json;
using SealFs.Cli.Mounts;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Client;
using SealFs.Client.Mounting;
using SealFs.Client.Runtime;
using SealFs.Core.Security;

namespace SealFs.Cli.Up;

/// <summary><c>sealfs up DIR</c>: a whole cluster and its mount in one process.</summary>
internal static class UpCommand
{
    private const string Volume = "fs";

    private static readonly Setting<int?> Nodes = Setting<int?>.Value(
        "--nodes", "N", "Number of storage nodes. A cluster that has fewer grows: the new ones get their share of the data while it is in use.", text => SettingParsers.Integer(1, 64)(text), null, "3, or as many as there are");

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
            "sealfs up ~/fs --nodes 5   # two more, in a cluster of three; after 'sealfs down ~/fs'",
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
            if (invocation.Get(Nodes) is { } wanted && wanted != paths.ExistingNodes().Count)
                throw new CommandFailure(ExitCode.Refused, $"SealFS is up already on {directory}, with {paths.ExistingNodes().Count} nodes: 'sealfs down {directory}' first.");
            Console.WriteLine($"SealFS is up already on {directory}. 'sealfs down {directory}' stops it.");
            return ExitCode.Ok;
        }
        if (invocation.IsBackground || invocation.Get(Foreground))
            return await ServeAsync(invocation, directory, paths);
        PrivateFiles.RestrictMask();
        PrivateFiles.PrepareDirectory(paths.Root);
        await invocation.RunInBackgroundAsync(paths.Log);
        var state = JsonSerializer.Deserialize(await File.ReadAllTextAsync(paths.StateFile, invocation.Stop), OutputJson.Default.UpState)!;
        invocation.Print(state, OutputJson.Default.UpState, UpMessage.Of);
        return ExitCode.Ok;
    }

    private static async Task<int> ServeAsync(Invocation invocation, string directory, UpPaths paths)
    {
        PrivateFiles.RestrictMask();
        PrivateFiles.PrepareDirectory(paths.Root);
        using var only = LockRoot(paths);
        PrepareMountPoint(directory);
        var nodes = ChooseNodes(invocation, paths);
        await using var cluster = await EmbeddedCluster.StartAsync(paths, nodes, invocation.Get(Port), invocation.Loggers, invocation.Stop);
        await cluster.EnsureVolumeAsync(Volume, invocation.Get(Size), invocation.Stop);
        var options = new MountOptions { Volume = Volume, Directory = directory, Managers = [cluster.Manager] };
        await using var mount = await InProcessMount.StartAsync(options, invocation.Loggers, invocation.Stop);
        using var registration = MountRegistry.Register(directory, Volume, "up");
        var state = new UpState(directory, Volume, cluster.Manager, cluster.NodeCount, paths.Root, Environment.ProcessId);
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

    /// <summary>Numbers of the nodes to start: those that are there, and new ones up to what was asked for.</summary>
    private static IReadOnlyList<int> ChooseNodes(Invocation invocation, UpPaths paths)
    {
        const int FallbackNodes = 3;
        var wanted = invocation.Get(Nodes);
        var existing = paths.ExistingNodes();
        if (existing.Count == 0)
            return [.. Enumerable.Range(1, wanted ?? FallbackNodes)];
        if (wanted < existing.Count)
        {
            throw new CommandFailure(
                ExitCode.Refused,
                $"The cluster in {paths.Root} has {existing.Count} nodes, and each may hold data. To have fewer, start it without --nodes, and for each node that shall go: "
                + $"'sealfs cluster drain node-{existing[^1]}', then 'sealfs cluster remove node-{existing[^1]}'.");
        }
        return [.. existing, .. Enumerable.Range(paths.NextNode(), Math.Max(0, (wanted ?? 0) - existing.Count))];
    }
}
