using SealFs.Core.Messages;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <summary>
/// The mount option gid: what belongs to another group is shown as the mount's, with the rights that its owner has to the data and, for directories, with S_ISGID:
/// what a walk through the tree with chgrp and chmod would have left, without the walk. What belongs to the group already is shown as it is, so that a program
/// that takes rights from the group is obeyed (and believes it: databases and ssh look).
/// </summary>
internal static class GroupView
{
    private const uint ReadWrite = 0x1B0;
    private const uint EnterAndInherit = 0x448;

    public static void Apply(ref fuse_attr attributes, uint group)
    {
        if (attributes.gid == group)
            return;
        attributes.gid = group;
        var type = attributes.mode & InodeAttributes.TypeMask;
        if (type == InodeAttributes.TypeSymlink)
            return;
        attributes.mode |= type == InodeAttributes.TypeDirectory ? ReadWrite | EnterAndInherit : ReadWrite;
    }
}
