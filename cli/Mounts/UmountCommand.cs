using System.CommandLine;
using SealFs.Cli.Settings;
using SealFs.Client.Mounting;
using SealFs.Fuse;

namespace SealFs.Cli.Mounts;

/// <summary><c>sealfs umount DIR</c>: unmounts, and returns when everything written has reached the storage nodes.</summary>
internal static class UmountCommand
{
    private static readonly Setting<bool> Lazy = Setting<bool>.Switch(
        "--lazy", "Take the mount out of the tree although it is in use; it ends when its last user is gone.", "-l");

    private static readonly Setting<TimeSpan> Timeout = Setting<TimeSpan>.Value(
        "--timeout", "TIME", "How long to wait for what is still being written back.", SettingParsers.Duration, TimeSpan.FromSeconds(120), "120s");

    public static Command Build()
    {
        var directory = new Argument<string>("DIR") { Description = "Where the volume is mounted." };
        var command = new DocumentedCommand(
            "umount", "Unmount a volume; returns when everything written is at the storage nodes. A mount whose process died is removed too.",
            "sealfs umount /mnt/photos",
            "sealfs umount /mnt/photos --lazy   # although somebody works in it")
        { directory };
        return command.With(Lazy, Timeout).Does(invocation => RunAsync(invocation, invocation.Directory(directory)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string directory)
    {
        if (MountTable.At(directory) is not { } mount)
            throw new CommandFailure(ExitCode.NotFound, $"Nothing is mounted on {directory}.");
        if (mount.Type != MountTable.SealFsType)
            throw new CommandFailure(ExitCode.Refused, $"What is mounted on {directory} is not SealFS but {mount.Type}.");
        var server = MountRegistry.Find(directory);
        if (server?.StartedBy == "up")
            throw new CommandFailure(ExitCode.Refused, $"This mount belongs to a cluster that 'sealfs up' started: 'sealfs down {directory}' stops both.");
        Unmount(directory, invocation.Get(Lazy) || MountPoint.IsDead(directory));
        if (server is not null && !invocation.Get(Lazy)
            && !await ProcessIdentity.WaitGoneAsync(server.ProcessId, server.StartTicks, invocation.Get(Timeout), invocation.Stop))
        {
            throw new CommandFailure(
                ExitCode.Failed, $"{directory} is unmounted, but process {server.ProcessId} is still writing back; it goes on, and ends when it is done.");
        }
        return ExitCode.Ok;
    }

    private static void Unmount(string directory, bool lazy)
    {
        try
        {
            FuseMount.Unmount(directory, lazy);
        }
        catch (FuseException problem) when (problem.Errno == FuseErrno.EBUSY)
        {
            throw new CommandFailure(ExitCode.Refused, $"{directory} is in use: a process has a file open in it or works in it. ('fuser -vm {directory}' shows which.)", problem);
        }
    }
}
