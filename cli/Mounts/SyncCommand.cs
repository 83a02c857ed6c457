using System.CommandLine;
using SealFs.Client.FileSystem;

namespace SealFs.Cli.Mounts;

/// <summary><c>sealfs sync DIR</c>: what syncfs(2) does on other file systems.</summary>
internal static class SyncCommand
{
    public static Command Build()
    {
        var directory = new Argument<string>("DIR") { Description = "Where the volume is mounted, or a directory in it." };
        var command = new DocumentedCommand(
            "sync", "Bring everything written to a volume to the disks of the storage nodes, whichever client wrote it. The kernel does not tell sync(1) and syncfs(2) to a mount.",
            "sealfs sync /mnt/photos")
        { directory };
        return command.Does(invocation => Task.FromResult(Run(invocation.Directory(directory))));
    }

    private static int Run(string directory)
    {
        if (MountTable.At(directory) is { } mount && mount.Type != MountTable.SealFsType)
            throw new CommandFailure(ExitCode.Refused, $"What is mounted on {directory} is not SealFS but {mount.Type}.");
        if (!Directory.Exists(directory))
            throw new CommandFailure(ExitCode.NotFound, $"There is no directory {directory}.");
        try
        {
            VolumeControl.Sync(directory);
            return ExitCode.Ok;
        }
        catch (IOException problem)
        {
            throw new CommandFailure(ExitCode.Failed, $"{directory} could not be synced: {problem.Message}.", problem);
        }
    }
}
