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
    private readonly Action<NodeRequest> _syncBoth = request => SyncBoth(data, request);

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

        if (data.Chunks.MarksAreDurable(fsync.Inode))
        {
            data.Io.Post(request, _syncBoth);
            return;
        }

        var epoch = data.Chunks.BeginLogSync();
        data.Node.GroupCommit.AfterSync(status =>
        {
            if (status == Errno.None)
                data.Chunks.EndLogSync(epoch);
            data.Io.Post(request, synced => SyncChunks(synced, status));
        });
    }

    /// <summary>Log and chunk files at the same time.</summary>
    private static void SyncBoth(FileData data, NodeRequest request)
    {
        if (!request.TryRead<FsyncRequest>(out var fsync))
            return;
        using var log = new GroupCommitWait(data.Node.GroupCommit);
        var status = data.Chunks.Sync(fsync.Inode);
        var logged = log.Wait();
        request.Reply(status == Errno.None ? logged : status);
    }

    private void SyncChunks(NodeRequest request, Errno status)
    {
        if (status == Errno.None && request.TryRead<FsyncRequest>(out var fsync))
            status = data.Chunks.Sync(fsync.Inode);
        request.Reply(status);
    }
}
