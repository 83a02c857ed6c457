using SealFs.Core.Messages;

namespace SealFs.Client.FileSystem;

/// <summary>The bits of a mode that make a program run as its owner or group.</summary>
internal static class SetIds
{
    private const uint SetUserId = 0x800;
    private const uint SetGroupId = 0x400;
    private const uint GroupExecute = 0x8;

    /// <summary>Whether a change of the file's content by an ordinary user would change its mode.</summary>
    public static bool AreIn(uint mode) => Without(mode) != mode;

    /// <summary>As the kernel's file_remove_privs and the servers: set-group-id without group execution is a mark for mandatory locking, and stays.</summary>
    public static uint Without(uint mode)
    {
        if ((mode & InodeAttributes.TypeMask) != InodeAttributes.TypeRegular)
            return mode;
        mode &= ~SetUserId;
        return (mode & GroupExecute) != 0 ? mode & ~SetGroupId : mode;
    }
}
