using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>chmod, chown, utimens. A new size is a matter of the data, and goes on in Files/ with everything else already changed.</summary>
internal static class SetAttrOperation
{
    private const uint SetUserId = 0x800;
    private const uint SetGroupId = 0x400;
    private const uint GroupExecute = 0x8;
    private const uint PermissionMask = 0xFFF;

    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<SetAttrRequest>(out var message) || request.ParkIfInodeLocked(message.Inode))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = RootDirectory.Get(mutation, message.Inode, out var row);
        if (status == Errno.None && row.IsDirectory && request.ParkIfAnyEntryLocked(message.Inode))
            return;
        if (status == Errno.None && (message.Mask & SetAttrMask.Size) != 0)
            status = row.IsDirectory ? Errno.EISDIR : row.Attributes.IsRegular && !request.IsPart ? Errno.None : Errno.EINVAL;
        if (status != Errno.None)
        {
            request.Reply(status);
            return;
        }

        Apply(ref row, in message, request.Node.NowNs);
        if ((message.Mask & SetAttrMask.Size) != 0)
        {
            request.Node.Contents.SetSize(request, mutation, row, message.SizeBytes);
            return;
        }

        mutation.PutInode(in row);
        if (!row.IsSplit)
        {
            mutation.Commit(request, new AttributesReply(row.Attributes));
            return;
        }

        mutation.StageAnswer(request, Errno.None, new AttributesReply(row.Attributes));
        mutation.Commit();
        GetAttrOperation.ContinueWithPartitions(request, row);
    }

    private static void Apply(ref InodeRow row, in SetAttrRequest message, long now)
    {
        var mask = message.Mask;
        ref var attributes = ref row.Attributes;
        if ((mask & SetAttrMask.Mode) != 0)
            attributes.Mode = (attributes.Mode & InodeAttributes.TypeMask) | (message.Mode & PermissionMask);
        if ((mask & SetAttrMask.Uid) != 0)
            attributes.Uid = message.Uid;
        if ((mask & SetAttrMask.Gid) != 0)
            attributes.Gid = message.Gid;
        if ((mask & SetAttrMask.KillSetIds) != 0)
            attributes.Mode = WithoutSetIds(attributes.Mode);
        if ((mask & (SetAttrMask.AccessTime | SetAttrMask.AccessTimeNow)) != 0)
            attributes.AccessTimeNs = (mask & SetAttrMask.AccessTimeNow) != 0 ? now : message.AccessTimeNs;
        if ((mask & (SetAttrMask.ModifyTime | SetAttrMask.ModifyTimeNow)) != 0)
        {
            attributes.ModifyTimeNs = (mask & SetAttrMask.ModifyTimeNow) != 0 ? now : message.ModifyTimeNs;
            row.ModifyTimeSetAtNs = now;
        }

        row.Changed(now);
        if ((mask & SetAttrMask.ChangeTime) != 0)
            attributes.ChangeTimeNs = message.ChangeTimeNs;
    }

    /// <summary>
    /// As the kernel's file_remove_privs: set-group-id without group execution is a mark for mandatory locking, and stays. A change of the owner clears the bits of everything but directories, pipes, sockets and
    /// devices included.
    /// </summary>
    internal static uint WithoutSetIds(uint mode)
    {
        if ((mode & InodeAttributes.TypeMask) == InodeAttributes.TypeDirectory)
            return mode;
        mode &= ~SetUserId;
        return (mode & GroupExecute) != 0 ? mode & ~SetGroupId : mode;
    }
}
