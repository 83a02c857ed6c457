using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// The metadata log and the chunk files of an inode on their way to the disk at the same time. The thread that is ready last answers: neither is woken by the other, which
/// would cost half as much as the sync itself.
/// </summary>
internal sealed class SyncOfBoth(FileData data, NodeRequest request, InodeId inode)
{
    private int _waitingFor = 2;
    private int _failure;

    /// <summary>The reply that is staged is sent when both are done, or what failed first.</summary>
    public void Begin()
    {
        data.Io.Post(request, SyncChunks);
        data.Node.GroupCommit.AfterSync(Arrive);
    }

    private void SyncChunks(NodeRequest waiting) => Arrive(data.SyncChunks(waiting.Volume, inode));

    private void Arrive(Errno status)
    {
        if (status != Errno.None)
            Interlocked.CompareExchange(ref _failure, (int)status, (int)Errno.None);
        if (Interlocked.Decrement(ref _waitingFor) == 0)
            SyncedReply.Finish(request, (Errno)Volatile.Read(ref _failure));
    }
}
