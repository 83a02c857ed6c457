using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// A file becomes shorter. Inline content and chunk 0 are cut in the same commit. Other chunks go by way of the purge queue, before the answer and with the
/// inode locked, so that nobody makes the file longer over bytes that are still there; after a crash the lock and the removal are taken up again.
/// </summary>
internal readonly ref struct FileCut(FileData data, NodeRequest request, Mutation mutation, VolumeState volume)
{
    private readonly FileData _data = data;
    private readonly NodeRequest _request = request;
    private readonly Mutation _mutation = mutation;
    private readonly ulong _chunkBytes = volume.ChunkSizeBytes;

    /// <summary>With the gate held.</summary>
    public void Run(InodeRow row, ulong size)
    {
        var last = (row.ChunksEndBytes - 1) / _chunkBytes;
        row.Attributes.SizeBytes = size;
        row.AnnouncedBytes = 0;
        if ((row.Attributes.Flags & InodeFlags.Inline) != 0)
        {
            InlineContent.Cut(_mutation, ref row, (uint)Math.Min(size, FileLimits.InlineBytes));
            Commit(in row, last);
        }
        else if (size < _chunkBytes)
        {
            CutFirst(row, (uint)size, last);
        }
        else
        {
            Commit(in row, last);
        }
    }

    private void CutFirst(InodeRow row, uint size, ulong last)
    {
        var chunk = _data.Chunks.Acquire(new ChunkKey(_request.Shard.Id, _request.Volume, row.Id, default));
        if (!chunk.TryEnter())
        {
            _data.Chunks.Release(chunk);
            WaitAndRunAgain(row.Id, size);
            return;
        }

        bool ready;
        try
        {
            ready = chunk.Loaded && chunk.Prepare(size, ChunkLimits.BlockBytes - (size % ChunkLimits.BlockBytes), adds: false) == Errno.None;
            if (ready)
                CutEntered(chunk, row, size, last);
        }
        finally
        {
            _data.Chunks.ExitAndRelease(chunk);
        }

        if (!ready)
            WaitAndRunAgain(row.Id, size);
    }

    private void CutEntered(Chunk chunk, InodeRow row, uint size, ulong last)
    {
        if (size == 0)
        {
            row.Attributes.AllocatedBytes -= Math.Min(row.Attributes.AllocatedBytes, chunk.Accounted);
            if (chunk.Exists)
                ShardChunkRecords.StageRemoval(_mutation, chunk);
            Commit(in row, last);
            chunk.Remove();
            return;
        }

        var change = chunk.BeginTruncate(size);
        row.Attributes.AllocatedBytes = (ulong)Math.Max(0, (long)row.Attributes.AllocatedBytes + change.AccountedDelta);
        ShardChunkRecords.Stage(_mutation, chunk, in change);
        try
        {
            Commit(in row, last);
        }
        catch
        {
            chunk.TakeBack(in change);
            throw;
        }

        // Should the disk refuse, the record already says that what lies behind means nothing.
        chunk.Truncate(in change);
    }

    private void Commit(in InodeRow row, ulong last)
    {
        _mutation.PutInode(in row);
        var size = row.Attributes.SizeBytes;
        var first = Math.Max(1, size / _chunkBytes);
        if (last < first)
        {
            _mutation.Commit(_request, new AttributesReply(row.Attributes));
            return;
        }

        var keep = size >= _chunkBytes ? (uint)(size % _chunkBytes) : 0;
        new PurgeRow(PurgeKind.Cut, new ChunkIndex(first), new ChunkIndex(last), keep).Put(_mutation, row.Id);
        _mutation.Commit();
        var shard = _request.Shard;
        var inode = row.Id;
        var purge = _data.Purge;
        shard.Locks.TryLock(LockKey.Inode(inode), Purger.OwnerOf(inode));
        _request.ContinueOutsideGate(waiting => purge.Enqueue(shard, waiting.Volume, inode, waiting));
    }

    /// <summary>Another thread is in the chunk, or it has to be read first: this happens where waiting is allowed, and then everything starts over.</summary>
    private void WaitAndRunAgain(InodeId inode, uint size)
    {
        var data = _data;
        var key = new ChunkKey(_request.Shard.Id, _request.Volume, inode, default);
        _request.ContinueOutsideGate(waiting => data.Io.Post(waiting, entering =>
        {
            var chunk = data.Chunks.Acquire(key);
            chunk.Enter();
            var error = chunk.EnsureLoaded();
            if (error == Errno.None && size != 0)
                error = chunk.Prepare(size, ChunkLimits.BlockBytes - (size % ChunkLimits.BlockBytes), adds: false);
            chunk.Exit();
            if (error == Errno.None)
                data.Node.Dispatcher.RunAgain(entering);
            else
                entering.Reply(error);
            data.Chunks.Release(chunk);
        }));
    }
}
