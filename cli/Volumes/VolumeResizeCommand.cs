using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Output;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Volumes;

/// <summary><c>sealfs volume resize NAME</c>.</summary>
internal static class VolumeResizeCommand
{
    public static Command Build()
    {
        var name = VolumeSettings.NameArgument();
        var command = new DocumentedCommand(
            "resize", "Change the size or the inode quota of a volume, while it is in use. Below its usage nothing more can be added until enough is deleted.",
            "sealfs volume resize photos --size 200GiB",
            "sealfs volume resize photos --size 0   # unlimited")
        { name };
        return command
            .With([VolumeSettings.Size, VolumeSettings.Inodes, .. ManagerConnection.Settings])
            .Does(invocation => RunAsync(invocation, invocation.Argument(name)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string name)
    {
        var size = invocation.Get(VolumeSettings.Size);
        var inodes = invocation.Get(VolumeSettings.Inodes);
        if (size is null && inodes is null)
            throw new CommandFailure(ExitCode.Usage, "Nothing to change: give --size or --inodes.");
        var request = new ResizeVolumeRequest { Name = name };
        if (size is { } bytes)
            request.QuotaBytes = (ulong)bytes;
        if (inodes is { } count)
            request.QuotaInodes = count;
        using var manager = ManagerConnection.Open(invocation);
        var volume = await manager.ResizeVolumeAsync(request, invocation.Stop);
        invocation.Print(
            VolumeView.Of(volume), OutputJson.Default.VolumeView,
            view => $"Volume {view.Name}: size {VolumeView.Size(view.SizeBytes)}, inodes {VolumeView.Count(view.Inodes)}.");
        return ExitCode.Ok;
    }
}
