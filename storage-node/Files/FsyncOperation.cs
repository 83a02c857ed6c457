using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>fsync(2), as far as it concerns this node. A Write can ask for the same.</summary>
internal sealed class FsyncOperation(FileData data)
{
    public void Handle(NodeRequest request)
    {
        if (!request.TryRead<FsyncRequest>(out var fsync))
            return;
        request.StageReply(Errno.None);
        if (fsync.Inode.Shard == request.Shard.Id)
            data.Node.CrossShard.SyncNames(request, fsync.Inode, certain => SyncedReply.SendCertain(data, certain, fsync.Inode));
        else
            SyncedReply.SendCertain(data, request, fsync.Inode);
    }
}
