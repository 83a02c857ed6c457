using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// Sends the staged reply of a request when what this node has of an inode is on stable storage, or the error that came between: the metadata log first, which many callers
/// share, then the inode's chunk files: a block is dirty on the disk before it changes there. Where no such mark is outstanding, as for a file that was just written, both at once.
/// </summary>
internal static class SyncedReply
{
    public static void Send(FileData data, NodeRequest request, InodeId inode)
    {
        // In its own shard an inode may be in a directory whose name is not certain yet.
        if (inode.Shard == request.Shard.Id && request.Shard.Transactions.HasNewDirectories)
            data.Node.CrossShard.SyncNames(request, inode, certain => SendCertain(data, certain, inode));
        else
            SendCertain(data, request, inode);
    }

    /// <summary>Sends it for an inode whose name, if it has one, cannot be lost any more.</summary>
    public static void SendCertain(FileData data, NodeRequest request, InodeId inode)
    {
        if (data.Chunks.IsSynced(inode))
            data.Node.GroupCommit.AfterSync(status => Finish(request, status));
        else if (data.Chunks.MarksAreDurable(inode))
            new SyncOfBoth(data, request, inode).Begin();
        else
            SendInTurn(data, request, inode);
    }

    /// <summary>Sends it when the metadata log is on stable storage.</summary>
    public static void SendAfterLog(FileData data, NodeRequest request)
    {
        var epoch = data.Chunks.BeginLogSync();
        data.Node.GroupCommit.AfterSync(status =>
        {
            if (status == Errno.None)
                data.Chunks.EndLogSync(epoch);
            Finish(request, status);
        });
    }

    private static void SendInTurn(FileData data, NodeRequest request, InodeId inode)
    {
        var epoch = data.Chunks.BeginLogSync();
        data.Node.GroupCommit.AfterSync(status =>
        {
            if (status == Errno.None)
                data.Chunks.EndLogSync(epoch);
            data.Io.Post(request, waiting => Finish(waiting, status == Errno.None ? data.SyncChunks(waiting.Volume, inode) : status));
        });
    }

    /// <summary>
    /// Should the shard have left meanwhile, what was synced here may not have been all. Then only its new node can promise that: an Fsync is told so by whoever sends the reply, and of a Write
    /// that is done nothing but the promise is taken back.
    /// </summary>
    public static void Finish(NodeRequest request, Errno status)
    {
        if (status != Errno.None)
            request.StageReply(status);
        else if (request.Shard.IsRetired && request.Opcode == Opcode.Write)
            TakePromiseBack(request);
        else if (request.Opcode is Opcode.Fsync or Opcode.SyncVolume)
            request.StageVerifiers();
        request.Send();
    }

    private static void TakePromiseBack(NodeRequest request)
    {
        var reader = new WireReader(request.StagedBody);
        if (WriteReply.TryRead(ref reader, out var reply))
            request.StageReply(Errno.None, reply with { IsSynced = false });
    }
}
