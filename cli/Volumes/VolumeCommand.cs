using System.CommandLine;

namespace SealFs.Cli.Volumes;

/// <summary><c>sealfs volume</c>: the group.</summary>
internal static class VolumeCommand
{
    public static Command Build() => new DocumentedCommand(
        "volume", "Create, list, show, resize and delete volumes. A volume is a file system tree with a size and an inode quota.",
        "sealfs volume create photos --size 100GiB",
        "sealfs mount photos /mnt/photos")
    {
        VolumeCreateCommand.Build(),
        VolumeListCommand.Build(),
        VolumeShowCommand.Build(),
        VolumeResizeCommand.Build(),
        VolumeDeleteCommand.Build(),
    };
}
