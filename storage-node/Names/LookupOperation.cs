using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>A name to its inode, with the attributes when the inode is in the same shard.</summary>
internal static class LookupOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<LookupRequest>(out var message) || request.ParkIfNameLocked(message.Directory, message.Name))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = DirectoryTarget.Resolve(mutation, message.Directory, message.Partition, message.Name, out var target);
        if (status != Errno.None)
        {
            target.Refuse(request, status);
            return;
        }

        if (!mutation.TryGetDentry(message.Directory, message.Name, out var dentry))
        {
            request.Reply(Errno.ENOENT);
            return;
        }

        if (dentry.Inode.Shard == request.Shard.Id && (request.ParkIfInodeLocked(dentry.Inode) || (dentry.IsDirectory && request.ParkIfAnyEntryLocked(dentry.Inode))))
            return;
        status = EntryAttributes.Get(mutation, dentry, out var complete, out var attributes);
        if (status == Errno.None)
            request.Reply(Errno.None, new EntryReply(complete, true, attributes, false, default));
        else
            request.Reply(status);
    }
}
