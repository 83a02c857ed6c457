using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// A volume's root directory is not made by anybody: its first attributes follow from the volume alone, and it is stored when it is used first.
/// </summary>
public static class RootDirectory
{
    private const uint Mode = InodeAttributes.TypeDirectory | 0x1ED; // 0755

    /// <summary>
    /// Reads an inode of the mutation's volume; a root that does not exist yet is made, at once when nothing is staged, and otherwise with what is. None, ENOENT, or Busy when the volume is not known (yet).
    /// </summary>
    public static Errno Get(Mutation mutation, InodeId inode, out InodeRow row)
    {
        if (mutation.TryGetInode(inode, out row))
            return Errno.None;
        return inode.IsRoot ? Make(mutation, inode, out row) : Errno.ENOENT;
    }

    private static Errno Make(Mutation mutation, InodeId inode, out InodeRow row)
    {
        row = default;
        var node = mutation.Shard.Node;
        if (inode != PlacementHash.Root(mutation.Volume, node.ShardCount) || inode.Shard != mutation.Shard.Id)
            return Errno.ENOENT;
        if (node.Volume(mutation.Volume) is not { } volume)
            return Errno.Busy;
        var alone = mutation.IsEmpty;
        row = New(inode, volume.CreatedUnixMs * 1_000_000);
        mutation.PutInode(in row);
        mutation.AddUsage(0, 1);
        if (alone)
            mutation.Commit();
        return Errno.None;
    }

    private static InodeRow New(InodeId inode, long timeNs) => new()
    {
        Parent = inode,
        Attributes = new InodeAttributes
        {
            Inode = inode,
            Mode = Mode,
            LinkCount = 2,
            SizeBytes = InodeRow.DirectorySize(0),
            AccessTimeNs = timeNs,
            ModifyTimeNs = timeNs,
            ChangeTimeNs = timeNs,
            BirthTimeNs = timeNs,
            Version = 1,
        },
    };
}
