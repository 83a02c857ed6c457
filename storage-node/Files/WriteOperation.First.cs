using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Appends;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>Writes to chunk 0: beside the inode while that is small, else to the chunk, with the inode in the same commit where there is one anyway.</summary>
internal sealed unsafe partial class WriteOperation
{
    private void WriteFirst(NodeRequest request, in WriteRequest write, VolumeState volume, bool mayWait)
    {
        while (true)
        {
            if (!TryWriteInline(request, in write, volume, out var convert))
                return;
            if ((convert || request.PayloadLength == 0) && !mayWait)
            {
                _data.Io.Post(request, _whereItMayWait);
                return;
            }

            if (TryEnter(request, in write, mayWait) is not { } chunk)
                return;
            if (WriteFirstEntered(request, chunk, in write, convert, mayWait))
                return;
        }
    }

    /// <summary>False when it has to be tried again from the start.</summary>
    private bool WriteFirstEntered(NodeRequest request, Chunk chunk, in WriteRequest write, bool convert, bool mayWait)
    {
        var error = Errno.None;
        var outcome = Outcome.Done;
        WriteReply reply = default;
        try
        {
            if (convert)
                error = InlineConversion.Convert(_data, request.Shard, request.Volume, chunk);
            if (error == Errno.None)
                outcome = WriteFirstChunk(request, chunk, in write, mayWait, out error, out reply);
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
        else if (outcome == Outcome.Elsewhere)
            request.Reply(Errno.None, new WriteReply(false, default, IsElsewhere: true));
        else if (outcome == Outcome.Waits)
            _data.Io.Post(request, _whereItMayWait);
        return outcome != Outcome.Again;
    }

    /// <summary>
    /// False when the request is done with, one way or the other. True when the content is or has to be in the chunk; <paramref name="convert"/>: and is inline still.
    /// </summary>
    private bool TryWriteInline(NodeRequest request, in WriteRequest write, VolumeState volume, out bool convert)
    {
        convert = false;
        if (request.PayloadLength != 0 && IsKnownToBeInChunk(request, in write))
            return true;
        using (request.Shard.Enter())
        {
            if (request.ParkIfLocked(LockKey.Inode(write.Inode)))
                return false;
            request.RequireConnection();
            var mutation = request.Shard.Begin(request.Volume);
            var error = FileOperations.GetFile(mutation, write.Inode, out var row);
            if (error != Errno.None)
            {
                request.Reply(error);
                return false;
            }

            if (!InlineContent.IsPossible(mutation, in row))
                return true;
            if (Fits(request, in write, in row, InlineContent.LimitOf(volume)))
            {
                WriteInline(request, mutation, in write, ref row);
                return false;
            }

            convert = row.InlineLength != 0;
            return true;
        }
    }

    /// <summary>Spares the look at the row: a chunk 0 that has a record belongs to an inode that is not inline.</summary>
    private bool IsKnownToBeInChunk(NodeRequest request, in WriteRequest write)
    {
        if (_data.Chunks.TryAcquire(new ChunkKey(request.Shard.Id, request.Volume, write.Inode, write.Chunk)) is not { } chunk)
            return false;
        var known = chunk.IsKnownToExist;
        _data.Chunks.Release(chunk);
        return known;
    }

    private static bool Fits(NodeRequest request, in WriteRequest write, in InodeRow row, uint limit)
    {
        var size = (write.Flags & WriteFlags.Commit) != 0 ? Math.Max(row.Attributes.SizeBytes, write.SizeAtLeastBytes) : row.Attributes.SizeBytes;
        return write.OffsetBytes + (ulong)request.PayloadLength <= limit && size <= limit;
    }

    private void WriteInline(NodeRequest request, Mutation mutation, in WriteRequest write, ref InodeRow row)
    {
        var growth = request.PayloadLength == 0 ? 0 : write.OffsetBytes + (long)request.PayloadLength - row.InlineLength;
        if (growth > 0 && !MayGrow(request, growth))
            return;
        if (!MayStand(request, mutation, in write, ref row))
        {
            request.Reply(Errno.None, new WriteReply(false, default, IsElsewhere: true));
            return;
        }

        if (request.PayloadLength != 0)
            InlineContent.Write(mutation, ref row, write.OffsetBytes, request.Payload);
        var commits = (write.Flags & WriteFlags.Commit) != 0;
        if (commits)
            FileOperations.Written(ref row, write.SizeAtLeastBytes, write.ModifyTimeNs, write.Flags, request.Node.NowNs);
        else
            row.Changed(request.Node.NowNs);
        mutation.PutInode(in row);
        mutation.Commit();
        Reply(request, in write, new WriteReply(commits, row.Attributes));
    }

    /// <summary>False for appended bytes that do not go there.</summary>
    private static bool MayStand(NodeRequest request, Mutation mutation, in WriteRequest write, ref InodeRow row) =>
        (write.Flags & WriteFlags.Append) == 0 || AppendPlaces.TryTake(request, mutation, ref row, write.Run, write.OffsetBytes, (ulong)request.PayloadLength);

    private static bool MayGrow(NodeRequest request, long bytes) => request.Node.Quota.Admit(request, request.Volume, bytes, 0);

    private static Outcome WriteFirstChunk(NodeRequest request, Chunk chunk, in WriteRequest write, bool mayWait, out Errno error, out WriteReply reply)
    {
        reply = default;
        if (request.PayloadLength == 0)
            return CommitInode(request, in write, out error, out reply);
        error = Load(request, chunk);
        if (error == Errno.None && !chunk.Exists)
            error = FileOperations.StartFirstChunk(request.Shard, chunk);
        if (error == Errno.None && !mayWait && chunk.WaitsForDisk(write.OffsetBytes, (uint)request.PayloadLength))
            return Outcome.Waits;
        if (error == Errno.None)
            error = chunk.Prepare(write.OffsetBytes, (uint)request.PayloadLength, adds: true);
        if (error != Errno.None)
            return Outcome.Done;
        var change = chunk.BeginWrite(write.OffsetBytes, (uint)request.PayloadLength, request.PayloadPointer);
        ulong sizeBefore = 0;
        var withInode = change.RecordChanged || (write.Flags & WriteFlags.Append) != 0;
        if (withInode)
        {
            var outcome = RecordWithInode(request, chunk, in change, in write, out error, out sizeBefore, out reply);
            if (outcome != Outcome.Done || error != Errno.None)
                return outcome;
        }

        error = chunk.Write(in change, request.PayloadPointer);
        if (error != Errno.None)
            TakeBack(request, chunk, in change, sizeBefore, reply.HasAttributes ? reply.Attributes.SizeBytes : ulong.MaxValue, write.Inode);
        else if (!withInode && (write.Flags & WriteFlags.Commit) != 0)
            return CommitInode(request, in write, out error, out reply);
        return Outcome.Done;
    }

    /// <summary>One commit for the chunk's record, the usage and the inode, before the bytes are written.</summary>
    private static Outcome RecordWithInode(
        NodeRequest request, Chunk chunk, in ChunkChange change, in WriteRequest write, out Errno error, out ulong sizeBefore, out WriteReply reply)
    {
        reply = default;
        sizeBefore = 0;
        using (request.Shard.Enter())
        {
            var outcome = GetForChunk(request, chunk, in change, in write, out var mutation, out var row, out error);
            if (outcome != Outcome.Done || error != Errno.None)
            {
                chunk.TakeBack(in change);
                return outcome;
            }

            sizeBefore = row.Attributes.SizeBytes;
            row.Attributes.AllocatedBytes = (ulong)Math.Max(0, (long)row.Attributes.AllocatedBytes + change.AccountedDelta);
            if ((write.Flags & WriteFlags.Commit) != 0)
                FileOperations.Written(ref row, write.SizeAtLeastBytes, write.ModifyTimeNs, write.Flags, request.Node.NowNs);
            ShardChunkRecords.Stage(mutation, chunk, in change);
            mutation.PutInode(in row);
            Commit(mutation, chunk, in change);
            if ((write.Flags & WriteFlags.Commit) != 0)
                reply = new WriteReply(true, row.Attributes);
        }

        SyncMarks(request);
        return Outcome.Done;
    }

    private static Outcome GetForChunk(
        NodeRequest request, Chunk chunk, in ChunkChange change, in WriteRequest write, out Mutation mutation, out InodeRow row, out Errno error)
    {
        row = default;
        error = Errno.None;
        mutation = request.Shard.Begin(request.Volume);
        if (request.ParkIfLocked(LockKey.Inode(write.Inode)))
            return Outcome.HandedOver;
        error = FileOperations.GetFile(mutation, write.Inode, out row);
        if (error != Errno.None)
            return Outcome.Done;
        if (row.InlineLength != 0)
            return Outcome.Again;
        row.Attributes.Flags &= ~InodeFlags.Inline;
        if (change.AccountedDelta > 0 && !MayGrow(request, change.AccountedDelta))
            return Outcome.HandedOver;
        return MayStand(request, mutation, in write, ref row) ? Outcome.Done : Outcome.Elsewhere;
    }

    /// <summary>Size and times alone, after the bytes were written to blocks that were dirty already.</summary>
    private static Outcome CommitInode(NodeRequest request, in WriteRequest write, out Errno error, out WriteReply reply)
    {
        reply = default;
        error = Errno.None;
        using (request.Shard.Enter())
        {
            if (request.ParkIfLocked(LockKey.Inode(write.Inode)))
                return Outcome.HandedOver;
            var mutation = request.Shard.Begin(request.Volume);
            error = FileOperations.GetFile(mutation, write.Inode, out var row);
            if (error != Errno.None)
                return Outcome.Done;
            if (request.PayloadLength != 0 && row.InlineLength != 0)
                return Outcome.Again;
            if ((write.Flags & WriteFlags.Commit) != 0)
            {
                FileOperations.Written(ref row, write.SizeAtLeastBytes, write.ModifyTimeNs, write.Flags, request.Node.NowNs);
                mutation.PutInode(in row);
                mutation.Commit();
            }

            reply = new WriteReply(true, row.Attributes);
            return Outcome.Done;
        }
    }
}
