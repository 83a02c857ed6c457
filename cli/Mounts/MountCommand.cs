using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Settings;
using SealFs.Client;
using SealFs.Client.Mounting;
using SealFs.Core.Security;

namespace SealFs.Cli.Mounts;

/// <summary><c>sealfs mount VOLUME DIR</c>: a keeper process that makes the mount and has a worker process serve it.</summary>
internal static class MountCommand
{
    private static readonly Setting<string> Options = Setting<string>.Value(
        "--options", "LIST", "Mount options, with commas between them; listed below.", SettingParsers.Text, "", null, "-o");

    private static readonly Setting<bool> Foreground = Setting<bool>.Switch(
        "--foreground", "Stay in the foreground and log to stderr; SIGINT and SIGTERM unmount cleanly.", "-f");

    private static readonly Setting<string?> LogFile = Setting<string?>.Value(
        "--log-file", "FILE", "Where a mount in the background writes its log.", SettingParsers.Text, null, "sealfs-mount.log in the runtime directory");

    public static Command Build()
    {
        var volume = new Argument<string>("VOLUME") { Description = "Name of the volume." };
        var directory = new Argument<string>("DIR") { Description = "An existing directory." };
        var command = new DocumentedCommand(
            "mount",
            "Mount a volume. Returns when the mount answers. A small keeper process holds the mount, and a worker process serves it: a worker that dies is replaced, "
            + "and applications see a pause, no error.\n\nMount options (-o):\n" + string.Join('\n', MountOptionParser.Manual.Select(option => $"  {option.Form,-26} {option.Meaning}")),
            "sealfs mount photos /mnt/photos",
            "sealfs mount photos /mnt/photos -o ro,cache=always",
            "sealfs mount photos /mnt/photos --foreground --log-level debug",
            "sealfs umount /mnt/photos")
        { volume, directory };
        return command
            .With([Options, Foreground, LogFile, GlobalSettings.Manager, TlsSettings.Directory])
            .Does(invocation => RunAsync(invocation, invocation.Argument(volume), invocation.Directory(directory)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string volume, string directory)
    {
        PrivateFiles.RestrictMask();
        var options = ReadOptions(invocation, volume, directory);
        if (MountTable.At(directory) is { Type: MountTable.SealFsType } && !MountPoint.IsDead(directory))
            throw new CommandFailure(ExitCode.Exists, $"A SealFS volume is mounted on {directory} already.");
        if (invocation.IsBackground || invocation.Get(Foreground))
            return await ServeAsync(invocation, options);
        RuntimeFolder.Make();
        await invocation.RunInBackgroundAsync(invocation.Get(LogFile) ?? RuntimeFolder.LogOf(directory));
        if (!invocation.Json)
            Console.WriteLine($"{volume} is mounted on {directory}");
        return ExitCode.Ok;
    }

    private static MountOptions ReadOptions(Invocation invocation, string volume, string directory)
    {
        var options = new MountOptions
        {
            Volume = volume,
            Directory = directory,
            Managers = ManagerConnection.Addresses(invocation),
            TlsDirectory = TlsSettings.DirectoryOf(invocation) ?? "",
            LogLevel = invocation.Get(GlobalSettings.LogLevel).ToString(),
        };
        try
        {
            return MountOptionParser.Apply(options, invocation.Get(Options));
        }
        catch (FormatException problem)
        {
            throw new CommandFailure(ExitCode.Usage, $"-o: {problem.Message}", problem);
        }
    }

    private static async Task<int> ServeAsync(Invocation invocation, MountOptions options)
    {
        using var registration = MountRegistry.Register(options.Directory, options.Volume, "mount");
        // The worker is told by the environment that it inherits.
        Environment.SetEnvironmentVariable(GlobalSettings.LogJson.EnvironmentName, invocation.Get(GlobalSettings.LogJson) ? "true" : "false");
        await MountKeeper.RunAsync(options, invocation.Loggers, invocation.ReportReady, stop: invocation.Stop);
        return ExitCode.Ok;
    }
}
