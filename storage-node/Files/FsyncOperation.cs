using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// fsync(2): the metadata log first, which many callers share, then the inode's chunk files: a block is dirty on the disk before it changes there.
/// </summary>
internal sealed class FsyncOperation(FileData data)
{
    public void Handle(NodeRequest request)
    {
        if (!request.TryRead<FsyncRequest>(out var fsync))
            return;
        if (fsync.Inode.Shard == request.Shard.Id)
            data.Synced.Add(fsync.Inode, data.Node.NowNs);
        if (data.Chunks.IsSynced(fsync.Inode))
        {
            request.StageReply(Errno.None);
            request.ReplyStagedAfterSync();
            return;
        }

        data.Node.GroupCommit.AfterSync(status => data.Io.Post(request, synced => SyncChunks(synced, status)));
    }

    private void SyncChunks(NodeRequest request, Errno status)
    {
        if (status == Errno.None && request.TryRead<FsyncRequest>(out var fsync))
            status = data.Chunks.Sync(fsync.Inode);
        request.Reply(status);
    }
}
