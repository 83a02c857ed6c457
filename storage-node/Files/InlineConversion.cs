using System.Runtime.InteropServices;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// From inline content to chunk 0. The bytes are in the file before anything says that they are the content: until then a file without a record means
/// nothing, and afterwards one commit switches everything at once. The file is synced before the switch: the content may be on stable storage beside its inode, after an fsync, a sync of the volume or of the log, and must
/// not be lost by its move.
/// </summary>
internal static unsafe class InlineConversion
{
    [ThreadStatic]
    private static byte* t_scratch;

    // Lives as long as the process, like the threads that convert.
    private static byte* Scratch => t_scratch != null ? t_scratch : t_scratch = (byte*)NativeMemory.AlignedAlloc(FileLimits.InlineBytes, 4096);

    /// <summary>With the chunk entered, on a thread that may wait. Nothing happens when the content is not inline any more.</summary>
    public static Errno Convert(FileData data, Shard shard, VolumeId volume, Chunk chunk)
    {
        shard.RequireServing();
        while (true)
        {
            var error = chunk.EnsureLoaded();
            if (error != Errno.None)
                return error;
            if (!TryGetContent(shard, volume, chunk.Key.Inode, out var row))
                return Errno.None;
            error = chunk.StartAs(row.Cuts);
            if (error == Errno.None)
                error = chunk.Prepare(0, row.InlineLength, adds: true);
            if (error != Errno.None)
                return error;
            var isSwitched = false;
            var change = chunk.BeginWrite(0, row.InlineLength, Scratch);
            try
            {
                error = Write(data, chunk, in change);
                isSwitched = error == Errno.None && TrySwitch(shard, volume, chunk, in change, row.Attributes.Version);
            }
            finally
            {
                // No record was stored: what the file has means nothing, and is cut when the chunk is loaded.
                if (!isSwitched)
                    chunk.Distrust();
            }

            if (error != Errno.None)
                chunk.EnsureLoaded();
            if (isSwitched || error != Errno.None)
                return error;
        }
    }

    private static Errno Write(FileData data, Chunk chunk, in ChunkChange change)
    {
        var error = chunk.Write(in change, Scratch);
        return error == Errno.None ? data.Store.Sync(chunk.FileKey) : error;
    }

    private static bool TryGetContent(Shard shard, VolumeId volume, InodeId inode, out InodeRow row)
    {
        using (shard.Enter())
        {
            var mutation = shard.Begin(volume);
            if (!mutation.TryGetInode(inode, out row) || (row.Attributes.Flags & InodeFlags.Inline) == 0 || row.InlineLength == 0)
                return false;
            InlineContent.Load(mutation, in row, row.InlineLength).CopyTo(new Span<byte>(Scratch, FileLimits.InlineBytes));
            return true;
        }
    }

    /// <summary>False when the content has changed meanwhile.</summary>
    private static bool TrySwitch(Shard shard, VolumeId volume, Chunk chunk, in ChunkChange change, ulong version)
    {
        using (shard.Enter())
        {
            var mutation = shard.Begin(volume);
            if (!mutation.TryGetInode(chunk.Key.Inode, out var row) || row.Attributes.Version != version)
                return false;
            InlineContent.Remove(mutation, ref row);
            ShardChunkRecords.Stage(mutation, chunk, in change);
            row.Attributes.AllocatedBytes = chunk.Accounted;
            mutation.PutInode(in row);
            mutation.Commit();
            return true;
        }
    }
}
