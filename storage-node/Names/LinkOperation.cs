using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>A further name for a file. Within one shard here; when the inode lives elsewhere, by a transaction.</summary>
internal static class LinkOperation
{
    private static readonly Action<NodeRequest> s_acrossShards = static request => request.Node.CrossShard.Link(request);

    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<LinkRequest>(out var message) || request.ParkIfEntryLocked(message.Directory, message.Name))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = DirectoryTarget.Resolve(mutation, message.Directory, message.Partition, message.Name, out var target);
        if (status != Errno.None)
            target.Refuse(request, status);
        else if (mutation.TryGetDentry(message.Directory, message.Name, out _))
            request.Reply(Errno.EEXIST);
        else if (target.IsClosing)
            request.Reply(Errno.ENOENT);
        else if (message.Inode.Shard != request.Shard.Id || request.Shard.Transactions.IsNew(mutation, message.Directory))
            request.ContinueOutsideGate(s_acrossShards);
        else if (!request.Shard.Leases.MayAdd(message.Directory, request.SessionId))
            request.Reply(Errno.Busy);
        else if (!request.ParkIfInodeLocked(message.Inode))
            Link(request, mutation, in message, ref target);
    }

    private static void Link(NodeRequest request, Mutation mutation, in LinkRequest message, ref DirectoryTarget target)
    {
        if (!mutation.TryGetInode(message.Inode, out var row) || row.Attributes.LinkCount == 0)
        {
            request.Reply(Errno.ENOENT);
            return;
        }

        var refusal = row.IsDirectory ? Errno.EPERM
            : row.Attributes.LinkCount >= NodeLimits.LinkCount ? Errno.EMLINK
            : request.Node.MetadataDiskIsFull ? Errno.ENOSPC
            : Errno.None;
        if (refusal != Errno.None)
        {
            request.Reply(refusal);
            return;
        }

        var now = request.Node.NowNs;
        row.Attributes.LinkCount++;
        row.Changed(now);
        mutation.PutInode(in row);
        mutation.PutDentry(message.Directory, message.Name, new DentryRow(row.Id, row.Attributes.Mode));
        target.EntriesChanged(mutation, 1, 0, now);
        mutation.Commit(request, new EntryReply(true, false, row.Attributes, target.HasAttributes, target.Attributes));
        mutation.EntriesAdded(message.Directory, message.Partition, target.EntryCount);
    }
}
