using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>Ranges of chunk 0 while its content is beside the inode.</summary>
internal static class InlineRange
{
    /// <summary>False when the request was answered or parked. <paramref name="convert"/>: the content has to move to the chunk first.</summary>
    public static bool IsForChunk(NodeRequest request, in ChunkRangeRequest range, VolumeState volume, out bool convert)
    {
        convert = false;
        using (request.Shard.Enter())
        {
            if (request.ParkIfLocked(LockKey.Inode(range.Inode)))
                return false;
            var mutation = request.Shard.Begin(request.Volume);
            var error = FileOperations.GetFile(mutation, range.Inode, out var row);
            if (error != Errno.None)
            {
                request.Reply(error);
                return false;
            }

            if (!InlineContent.IsPossible(mutation, in row))
                return true;
            var end = range.OffsetBytes + (ulong)range.LengthBytes;
            if (range.Operation == ChunkRangeOperation.Allocate && end > InlineContent.LimitOf(volume))
            {
                convert = row.InlineLength != 0;
                return true;
            }

            if (range.Operation is ChunkRangeOperation.Punch or ChunkRangeOperation.Zero)
                InlineContent.Zero(mutation, ref row, range.OffsetBytes, range.LengthBytes);
            else if (range.Operation == ChunkRangeOperation.Truncate)
                InlineContent.Cut(mutation, ref row, range.OffsetBytes);
            if (!mutation.IsEmpty)
            {
                row.Changed(request.Node.NowNs);
                mutation.PutInode(in row);
                mutation.Commit();
            }

            request.Reply(Errno.None, default(ChunkRangeReply));
            return false;
        }
    }
}
