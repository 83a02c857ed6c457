using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

/// <summary>Another node's purger asks for the chunks that live in a shard of this one.</summary>
internal sealed class PurgeChunksOperation(FileData data)
{
    public void Handle(NodeRequest request) => data.Io.Post(request, Run);

    private void Run(NodeRequest request)
    {
        if (!request.TryRead<PurgeChunksRequest>(out var purge))
            return;

        if (purge.OnlyRevokes)
        {
            data.Reserved.Revoke(request.Volume, purge.Inode, request.Shard);
            request.Reply(Errno.None, default(PurgeChunksReply));
            return;
        }

        // A cut leaves chunk 0 to the mutation that makes the file shorter: from chunk 0 on everything goes only with the inode.
        var kind = purge.First.Value == 0 && purge.KeepBytes == 0 ? PurgeKind.Delete : PurgeKind.Cut;
        var row = new PurgeRow(kind, purge.First, purge.Last, purge.KeepBytes);
        var error = ChunkPurge.Run(data, request.Shard, request.Volume, purge.Inode, in row, purge.Epoch, out var freed);
        if (error != Errno.None)
        {
            request.Reply(error);
            return;
        }

        // The other node forgets what had to go: a loss of power must not bring the records back after that.
        request.StageReply(Errno.None, new PurgeChunksReply(freed));
        data.Node.GroupCommit.ReplyAfterSync(request);
    }
}
