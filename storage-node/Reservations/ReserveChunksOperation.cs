using System.Numerics;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Reservations;

/// <summary>Another node is about to make a chunk above 0: see <see cref="ReservedChunks"/>.</summary>
internal sealed class ReserveChunksOperation(FileData data)
{
    public void Handle(NodeRequest request)
    {
        if (!request.TryRead<ReserveChunksRequest>(out var message) || request.ParkIfLocked(LockKey.Inode(message.Inode)))
            return;
        var error = Reserve(data, request.Shard.Begin(request.Volume), message.Inode, message.Chunk, out var reply);
        if (error != Errno.None)
        {
            request.Reply(error);
            return;
        }

        // Also when it was reserved before: perhaps a moment ago.
        request.StageReply(Errno.None, in reply);
        request.ContinueOutsideGate(static reserved => reserved.ReplyStagedAfterSync());
    }

    /// <summary>With the gate held and the inode not locked. A cut that has not begun yet has to fence again.</summary>
    public static Errno Reserve(FileData data, Mutation mutation, InodeId inode, ChunkIndex chunk, out ReserveChunksReply reply)
    {
        reply = default;
        var error = FileOperations.GetFile(mutation, inode, out var row);
        if (error != Errno.None)
            return error;
        data.CutFences.Break(mutation.Volume, inode);
        if (chunk.Value >= row.ReservedChunks)
        {
            row.ReservedChunks = Math.Max(ReservationLimits.FirstChunks, BitOperations.RoundUpToPowerOf2(chunk.Value + 1));
            mutation.PutInode(in row);
            mutation.Commit();
        }

        reply = new ReserveChunksReply(row.ReservedChunks, row.Cuts);
        return Errno.None;
    }
}
