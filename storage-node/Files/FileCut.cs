using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Reservations;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// A file becomes shorter, or loses what lies behind its end. Inline content and chunk 0 are cut in the same commit; bytes are destroyed after it is on stable storage (<see cref="Chunk"/>). Other chunks go by way of the purge queue, before the answer and with the
/// inode locked, so that nobody makes the file longer over bytes that are still there; after a crash the lock and the removal are taken up again. They are looked for as far as chunks were reserved,
/// whatever the size says, and first of all the reservations are taken back (<see cref="CutFences"/>).
/// </summary>
internal readonly ref struct FileCut(FileData data, NodeRequest request, Mutation mutation, VolumeState volume)
{
    private readonly FileData _data = data;
    private readonly NodeRequest _request = request;
    private readonly Mutation _mutation = mutation;
    private readonly ulong _chunkBytes = volume.ChunkSizeBytes;

    /// <summary>True when chunks above 0 may exist that a file of this size has not, or not all of.</summary>
    public static bool RemovesChunks(in InodeRow row, ulong size, VolumeState volume) => FirstRemoved(size, volume.ChunkSizeBytes) < row.ReservedChunks;

    private static ulong FirstRemoved(ulong size, ulong chunkBytes) => Math.Max(1, size / chunkBytes);

    /// <summary>With the gate held.</summary>
    public void Run(InodeRow row, ulong size)
    {
        var last = row.ReservedChunks - 1;
        if (RemovesChunks(in row, size, volume))
        {
            var first = FirstRemoved(size, _chunkBytes);
            if (!_data.CutFences.TryPass(_request.Volume, row.Id))
            {
                Fence(row.Id, new ChunkIndex(first), new ChunkIndex(last));
                return;
            }

            row.Cuts++;
        }
        else
        {
            last = 0;
        }

        row.Attributes.SizeBytes = size;
        row.AnnouncedBytes = 0;

        // What is on its way to a place behind the new end arrives there; who appends from now on does so at the new end.
        row.AppendsEndBytes = 0;
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

    private void Fence(InodeId inode, ChunkIndex first, ChunkIndex last)
    {
        var purge = _data.Purge;
        var shard = _request.Shard;
        var fence = _data.CutFences.Begin(_request.Volume, inode);
        _request.ContinueOutsideGate(waiting => purge.Fence(fence, shard, waiting, inode, first, last));
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
            if (!chunk.Exists)
            {
                Commit(in row, last);
                return;
            }

            row.Cuts++;
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
        var first = FirstRemoved(size, _chunkBytes);
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
