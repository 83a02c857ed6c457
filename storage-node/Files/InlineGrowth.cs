using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>A file that grows beyond the inline limit without new content: what the flag says has to stay true, since clients take inline content for the whole.</summary>
internal static class InlineGrowth
{
    /// <summary>True when the content has to move first. A file without content just is not inline any more.</summary>
    public static bool HasToConvert(FileData data, NodeRequest request, ref InodeRow row, ulong sizeBytes)
    {
        if ((row.Attributes.Flags & InodeFlags.Inline) == 0)
            return false;
        if (data.Node.Volume(request.Volume) is { } volume && sizeBytes <= InlineContent.LimitOf(volume))
            return false;
        if (row.InlineLength != 0)
            return true;
        row.Attributes.Flags &= ~InodeFlags.Inline;
        return false;
    }

    /// <summary>From a handler with the gate held, which returns then. It runs again when the content is in the chunk.</summary>
    public static void ConvertAndRunAgain(FileData data, NodeRequest request, InodeId inode)
    {
        var shard = request.Shard;
        request.ContinueOutsideGate(waiting => data.Io.Post(waiting, converting =>
        {
            var chunk = data.Chunks.Acquire(new ChunkKey(shard.Id, converting.Volume, inode, default));
            chunk.Enter();
            Errno error;
            try
            {
                error = InlineConversion.Convert(data, shard, converting.Volume, chunk);
            }
            finally
            {
                data.Chunks.ExitAndRelease(chunk);
            }

            if (error == Errno.None)
                data.Node.Dispatcher.RunAgain(converting);
            else
                converting.Reply(error);
        }));
    }
}
