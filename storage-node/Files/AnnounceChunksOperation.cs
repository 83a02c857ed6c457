using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// A client is about to make chunks behind the end of a file (fallocate(2)). The inode's row remembers how far they may reach: chunks in other shards are not seen from here, and unlink and truncate have to
/// find them.
/// </summary>
internal static class AnnounceChunksOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<AnnounceChunksRequest>(out var announced) || request.ParkIfLocked(LockKey.Inode(announced.Inode)))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var error = FileOperations.GetFile(mutation, announced.Inode, out var row);
        if (error == Errno.None && announced.EndBytes > FileLimits.SizeBytes)
            error = Errno.EFBIG;
        if (error != Errno.None)
        {
            request.Reply(error);
            return;
        }

        if (announced.EndBytes > row.ChunksEndBytes)
        {
            row.AnnouncedBytes = announced.EndBytes;
            mutation.PutInode(in row);
            mutation.Commit();
        }

        request.Reply(Errno.None, new AttributesReply(row.Attributes));
    }
}
