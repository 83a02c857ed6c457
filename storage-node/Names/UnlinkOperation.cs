using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>Removes a name of anything but a directory. Within one shard here; when the inode lives elsewhere, by a transaction.</summary>
internal static class UnlinkOperation
{
    private static readonly Action<NodeRequest> s_acrossShards = static request => request.Node.CrossShard.Unlink(request);

    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<RemoveRequest>(out var message) || request.ParkIfEntryLocked(message.Directory, message.Name))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = DirectoryTarget.Resolve(mutation, message.Directory, message.Partition, message.Name, out var target);
        if (status != Errno.None)
            target.Refuse(request, status);
        else if (!mutation.TryGetDentry(message.Directory, message.Name, out var dentry))
            request.Reply(Errno.ENOENT);
        else if (dentry.IsDirectory)
            request.Reply(Errno.EISDIR);
        else if (dentry.Inode.Shard != request.Shard.Id)
            request.ContinueOutsideGate(s_acrossShards);
        else if (!request.ParkIfInodeLocked(dentry.Inode))
            Unlink(request, mutation, in message, dentry.Inode, ref target);
    }

    private static void Unlink(NodeRequest request, Mutation mutation, in RemoveRequest message, InodeId inode, ref DirectoryTarget target)
    {
        if (!mutation.TryGetInode(inode, out var row))
        {
            request.Reply(Errno.EIO);
            return;
        }

        var now = request.Node.NowNs;
        mutation.DeleteDentry(message.Directory, message.Name);
        target.EntriesChanged(mutation, -1, 0, now);
        InodeLinks.Drop(mutation, ref row, now);
        mutation.Commit(request, new RemoveReply(inode, target.HasAttributes, target.Attributes, false, default));
        if (row.Attributes.LinkCount == 0)
            request.Node.Contents.Removed();
    }
}
