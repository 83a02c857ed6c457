using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// fsync(2): the metadata log first, which many callers share, then the inode's chunk files: a block is dirty on the disk before it changes there. Where no such
/// mark is outstanding, as for a file that was just written, both at once.
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
        }
        else if (data.Chunks.MarksAreDurable(fsync.Inode))
        {
            new SyncOfBoth(data, request, fsync.Inode).Begin();
        }
        else
        {
            SyncInTurn(request, fsync.Inode);
        }
    }

    private void SyncInTurn(NodeRequest request, InodeId inode)
    {
        var epoch = data.Chunks.BeginLogSync();
        data.Node.GroupCommit.AfterSync(status =>
        {
            if (status == Errno.None)
                data.Chunks.EndLogSync(epoch);
            data.Io.Post(request, synced => synced.Reply(status == Errno.None ? data.SyncChunks(synced.Volume, inode) : status));
        });
    }
}
