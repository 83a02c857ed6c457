using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>fsync(2), as far as it concerns this node. A Write can ask for the same.</summary>
internal sealed class FsyncOperation(FileData data)
{
    public void Handle(NodeRequest request)
    {
        if (!request.TryRead<FsyncRequest>(out var fsync) || !request.ListsShards())
            return;
        if (fsync.Inode.Shard == request.Shard.Id && !Exists(request, fsync.Inode))
        {
            request.Reply(Errno.ENOENT);
            return;
        }

        request.StageReply(Errno.None);
        if (fsync.LogOnly)
            SyncedReply.SendAfterLog(data, request);
        else if (fsync.Inode.Shard == request.Shard.Id)
            data.Node.CrossShard.SyncNames(request, fsync.Inode, certain => SyncedReply.SendCertain(data, certain, fsync.Inode));
        else
            SyncedReply.SendCertain(data, request, fsync.Inode);
    }

    private static bool Exists(NodeRequest request, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        using var row = request.Node.Engine.GetPinned(Table.Metadata, MetadataKey.Inode(key, request.Shard.Id, request.Volume, inode));
        return row.Found;
    }
}
