using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// Writing to one chunk, from the memory that the frame was received into. Chunk 0 can carry size and times along. A write is idempotent: wherever
/// something is in the way (a transaction's lock, a quota, a chunk in use) it simply runs again from the start.
/// </summary>
internal sealed unsafe partial class WriteOperation
{
    private readonly FileData _data;
    private readonly Action<NodeRequest> _whereItMayWait;

    public WriteOperation(FileData data)
    {
        _data = data;
        _whereItMayWait = request => Run(request, mayWait: true);
    }

    private enum Outcome
    {
        /// <summary>Answer with the error, or with success.</summary>
        Done,

        /// <summary>The request is parked or was answered: hands off.</summary>
        HandedOver,

        /// <summary>What was assumed has changed: from the start.</summary>
        Again,

        /// <summary>Answer that appended bytes do not go there.</summary>
        Elsewhere,

        /// <summary>The disk has to be waited for: from the start, on a thread that may.</summary>
        Waits,
    }

    public void Handle(NodeRequest request) => Run(request, mayWait: false);

    private void Run(NodeRequest request, bool mayWait)
    {
        if (!request.TryRead<WriteRequest>(out var write))
            return;
        var error = Check(request, in write, out var volume);
        if (error != Errno.None)
        {
            request.Reply(error);
            return;
        }

        if (!mayWait && (request.PayloadLength > ChunkLimits.InPlaceBytes || volume.Sync))
            _data.Io.Post(request, _whereItMayWait);
        else if (request.PayloadLength >= ChunkLimits.WritebackBytes)
            WriteStream(request, in write, volume);
        else
            Write(request, in write, volume, mayWait);
    }

    private void Write(NodeRequest request, in WriteRequest write, VolumeState volume, bool mayWait)
    {
        if (write.Chunk.Value == 0)
            WriteFirst(request, in write, volume, mayWait);
        else if (request.PayloadLength == 0)
            request.Reply(Errno.None, default(WriteReply));
        else
            WriteOther(request, in write, mayWait);
    }

    /// <summary>The request is another's once it is answered: what the disk is told afterwards is noted before.</summary>
    private void WriteStream(NodeRequest request, in WriteRequest write, VolumeState volume)
    {
        var key = new ChunkKey(request.Shard.Id, request.Volume, write.Inode, write.Chunk);
        var length = (uint)request.PayloadLength;
        Write(request, in write, volume, mayWait: true);
        _data.Chunks.StartWriteback(key, write.OffsetBytes, length);
    }

    private static Errno Check(NodeRequest request, in WriteRequest write, out VolumeState volume)
    {
        var error = FileOperations.CheckRange(request, write.Inode, write.Chunk, write.OffsetBytes, (uint)request.PayloadLength, out volume);
        if (error != Errno.None)
            return error;
        if (write.SizeAtLeastBytes > FileLimits.SizeBytes)
            return Errno.EFBIG;
        var commits = (write.Flags & WriteFlags.Commit) != 0;
        var appends = (write.Flags & WriteFlags.Append) != 0;
        return (commits && write.Chunk.Value != 0) || (appends && (!commits || request.PayloadLength == 0)) ? Errno.EINVAL : Errno.None;
    }

    private Chunk? TryEnter(NodeRequest request, in WriteRequest write, bool mayWait)
    {
        var chunk = _data.Chunks.Acquire(new ChunkKey(request.Shard.Id, request.Volume, write.Inode, write.Chunk));
        if (mayWait)
        {
            chunk.Enter();
        }
        else if (!chunk.TryEnter())
        {
            _data.Chunks.Release(chunk);
            _data.Io.Post(request, _whereItMayWait);
            return null;
        }

        return chunk;
    }

    /// <summary>A chunk above 0: nothing but its own record.</summary>
    private void WriteOther(NodeRequest request, in WriteRequest write, bool mayWait)
    {
        var key = new ChunkKey(request.Shard.Id, request.Volume, write.Inode, write.Chunk);
        if (!_data.Reserved.TryGet(in key, out _))
        {
            _data.Reserved.AskFor(request, in key);
            return;
        }

        if (TryEnter(request, in write, mayWait) is not { } chunk)
            return;
        Errno error;
        Outcome outcome;
        WriteReply reply;
        try
        {
            outcome = WriteChunk(request, chunk, in write, mayWait, out error, out reply);
        }
        catch
        {
            chunk.Distrust();
            throw;
        }
        finally
        {
            _data.Chunks.ExitAndRelease(chunk);
        }

        if (outcome == Outcome.Done)
            Reply(request, in write, error, in reply);
        else if (outcome == Outcome.Waits)
            _data.Io.Post(request, _whereItMayWait);
        else if (outcome == Outcome.Again)
            _data.Reserved.AskFor(request, in key);
    }

    private Outcome WriteChunk(NodeRequest request, Chunk chunk, in WriteRequest write, bool mayWait, out Errno error, out WriteReply reply)
    {
        reply = default;
        error = Load(request, chunk);
        if (!_data.Reserved.TryGet(chunk.Key, out var cuts))
            return Outcome.Again;
        if (error == Errno.None && !chunk.Exists)
            error = chunk.StartAs(cuts);
        if (error == Errno.None && !mayWait && chunk.WaitsForDisk(write.OffsetBytes, (uint)request.PayloadLength))
            return Outcome.Waits;
        if (error == Errno.None)
            error = chunk.Prepare(write.OffsetBytes, (uint)request.PayloadLength, adds: true);
        if (error != Errno.None)
            return Outcome.Done;
        var change = chunk.BeginWrite(write.OffsetBytes, (uint)request.PayloadLength, request.PayloadPointer);
        if (change.RecordChanged)
        {
            var outcome = Record(request, chunk, in change, out error);
            if (outcome != Outcome.Done || error != Errno.None)
                return outcome;
        }

        error = chunk.Write(in change, request.PayloadPointer);
        reply = new WriteReply(false, default, (int)change.AccountedDelta, IsPending: !request.Node.IsSyncVolume(request.Volume) && chunk.IsRecordPending, Cuts: cuts);
        if (error != Errno.None)
            TakeBack(request, chunk, in change, 0, 0, write.Inode);
        return Outcome.Done;
    }

    private static Errno Load(NodeRequest request, Chunk chunk)
    {
        request.Shard.RequireServing();
        request.RequireConnection();
        return chunk.EnsureLoaded();
    }

    private Outcome Record(NodeRequest request, Chunk chunk, in ChunkChange change, out Errno error)
    {
        error = Errno.None;
        using (request.Shard.Enter())
        {
            if (_data.Gone.Contains(chunk.Key.Volume, chunk.Key.Inode))
            {
                chunk.TakeBack(in change);
                error = Errno.ENOENT;
                return Outcome.Done;
            }

            if (!_data.Reserved.TryGet(chunk.Key, out _))
            {
                chunk.TakeBack(in change);
                return Outcome.Again;
            }

            if (change.AccountedDelta > 0 && !request.Node.Quota.Admit(request, request.Volume, change.AccountedDelta, 0))
            {
                chunk.TakeBack(in change);
                return Outcome.HandedOver;
            }

            var mutation = request.Shard.Begin(request.Volume);
            ShardChunkRecords.Stage(mutation, chunk, in change);
            Commit(mutation, chunk, in change);
        }

        SyncMarks(request);
        return Outcome.Done;
    }

    private static void Commit(Mutation mutation, Chunk chunk, in ChunkChange change)
    {
        try
        {
            mutation.Commit();
        }
        catch
        {
            chunk.TakeBack(in change);
            throw;
        }
    }

    /// <summary>
    /// The disk refused the bytes: the record says again what it said, and so does the size of chunk 0's inode, unless somebody else has changed it meanwhile.
    /// </summary>
    private static void TakeBack(NodeRequest request, Chunk chunk, in ChunkChange change, ulong sizeBefore, ulong sizeAfter, InodeId inode)
    {
        var delta = chunk.RollBack(in change);
        using (request.Shard.Enter())
        {
            var mutation = request.Shard.Begin(request.Volume);
            ShardChunkRecords.Stage(mutation, chunk, change with { RecordChanged = true, AccountedDelta = delta });
            if (chunk.Key.Chunk.Value == 0 && mutation.TryGetInode(inode, out var row))
            {
                if (row.Attributes.SizeBytes == sizeAfter)
                    row.Attributes.SizeBytes = sizeBefore;
                row.Attributes.AllocatedBytes = (ulong)Math.Max(0, (long)row.Attributes.AllocatedBytes + delta);
                mutation.PutInode(in row);
            }

            mutation.Commit();
        }
    }

    /// <summary>With durability sync the marks of dirty blocks are on the disk before the blocks change there, and the blocks before the answer.</summary>
    private static void SyncMarks(NodeRequest request)
    {
        if (request.Node.IsSyncVolume(request.Volume))
            GroupCommitWait.Sync(request.Node.GroupCommit);
    }

    private void Reply(NodeRequest request, in WriteRequest write, Errno error, in WriteReply reply)
    {
        if (error == Errno.None && request.Node.IsSyncVolume(request.Volume))
            error = _data.SyncChunks(request.Volume, write.Inode);
        if (error == Errno.None)
            Reply(request, in write, in reply);
        else
            request.Reply(error);
    }

    private void Reply(NodeRequest request, in WriteRequest write, in WriteReply reply)
    {
        if ((write.Flags & WriteFlags.Sync) == 0)
        {
            request.Reply(Errno.None, in reply);
            return;
        }

        request.StageReply(Errno.None, reply with { IsSynced = true });
        SyncedReply.Send(_data, request, write.Inode);
    }
}
