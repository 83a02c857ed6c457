using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>The attributes of an inode; those of a split directory are put together by Partitions/.</summary>
internal static class GetAttrOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<InodeRequest>(out var message) || request.ParkIfInodeLocked(message.Inode))
            return;
        var status = RootDirectory.Get(request.Shard.Begin(request.Volume), message.Inode, out var row);
        if (status == Errno.None && row.IsDirectory && request.ParkIfAnyEntryLocked(message.Inode))
            return;
        if (status != Errno.None)
            request.Reply(status);
        else if (row.IsSplit)
            ContinueWithPartitions(request, row);
        else
            request.Reply(Errno.None, new AttributesReply(row.Attributes));
    }

    internal static void ContinueWithPartitions(NodeRequest request, InodeRow row) =>
        request.ContinueOutsideGate(later => later.Node.CrossShard.GetSplitAttributes(later, row));
}
