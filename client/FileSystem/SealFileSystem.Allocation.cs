using System.Numerics;
using SealFs.Client.Buffering;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>FUSE_FALLOCATE (allocate, punch, zero; with and without KEEP_SIZE) and FUSE_LSEEK (SEEK_DATA, SEEK_HOLE), chunk by chunk.</content>
internal sealed partial class SealFileSystem
{
    private const uint FALLOC_FL_KEEP_SIZE = 1;
    private const uint FALLOC_FL_PUNCH_HOLE = 2;
    private const uint FALLOC_FL_ZERO_RANGE = 16;
    private const uint SEEK_DATA = 3;
    private const uint LeastBlockBytes = 64 * 1024;
    private const int BlocksPerWord = 64;

    public override void FAllocate(FuseRequest request, in fuse_fallocate_in input)
    {
        if (OperationOf(input.mode) is not { } operation)
            Fail(request, Errno.EOPNOTSUPP);
        else if (input.offset + input.length > Limits.FileBytes)
            Fail(request, Errno.EFBIG);
        else
            FAllocateAsync(Begin(request), request, _files.Acquire(InodeOf(request.NodeId)), operation);
    }

    public override void LSeek(FuseRequest request, in fuse_lseek_in input) =>
        LSeekAsync(Begin(request), request, _files.Acquire(InodeOf(request.NodeId)), input.offset, input.whence == SEEK_DATA);

    private static ChunkRangeOperation? OperationOf(uint mode) => mode switch
    {
        0 or FALLOC_FL_KEEP_SIZE => ChunkRangeOperation.Allocate,
        FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE => ChunkRangeOperation.Punch,
        FALLOC_FL_ZERO_RANGE or (FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE) => ChunkRangeOperation.Zero,
        _ => null,
    };

    private async Detached FAllocateAsync(RoutedCall call, FuseRequest request, FileState file, ChunkRangeOperation operation)
    {
        if ((await _writeBack.DrainAsync(file, commit: true, request)).Status is var drained and not Errno.None)
        {
            _files.Release(file);
            Fail(request, drained);
            return;
        }
        var reservation = new Reservation();
        var status = operation == ChunkRangeOperation.Punch ? Errno.None : await AnnounceAsync(call, request, file);
        if (status == Errno.None)
            status = await ChangeChunksAsync(call, request, file, operation, reservation);
        if (status != Errno.None)
            await ReleaseAsync(call, file, reservation);
        if (status == Errno.None || reservation.HasBegun)
        {
            var committed = await CommitAllocationAsync(call, request, file, hasFailed: status != Errno.None);
            status = status == Errno.None ? committed : status;
        }
        _files.Release(file);
        Fail(request, status);
    }

    /// <summary>
    /// Before space is reserved over several chunks, or behind the end of the file: its shard remembers how far chunks may reach, so that they go with the file whatever becomes of this client, and what cannot
    /// fit is refused before anything is reserved.
    /// </summary>
    private async ValueTask<Errno> AnnounceAsync(RoutedCall call, FuseRequest request, FileState file)
    {
        var offset = request.In<fuse_fallocate_in>().offset;
        var end = offset + request.In<fuse_fallocate_in>().length;
        var isKept = (request.In<fuse_fallocate_in>().mode & FALLOC_FL_KEEP_SIZE) != 0;
        var isLong = offset / _chunkBytes != (end - 1) / _chunkBytes;
        bool isBehindEnd;
        lock (file.Gate)
            isBehindEnd = !file.IsSizeKnown || end > file.SizeBytes;
        if (!isLong && !(isKept && isBehindEnd))
            return Errno.None;
        AttributesReply reply;
        call.Encode(new AnnounceChunksRequest(file.Inode, end));
        using (var answer = await call.SendAsync(Opcode.AnnounceChunks, file.Inode.Shard))
        {
            var status = answer.TryRead(out reply);
            if (status != Errno.None || !isLong)
                return status;
        }
        var blocks = ((end + LeastBlockBytes - 1) / LeastBlockBytes) - (offset / LeastBlockBytes);
        var bytes = UInt128.Min((UInt128)blocks * LeastBlockBytes, ulong.MaxValue);
        return await WaitForRoomAsync(call, request, (ulong)bytes - Math.Min((ulong)bytes, reply.Attributes.AllocatedBytes));
    }

    /// <summary>ENOSPC when so much does not fit. Servers know what was removed elsewhere with their next heartbeats: the answer is waited for.</summary>
    private async ValueTask<Errno> WaitForRoomAsync(RoutedCall call, FuseRequest request, ulong bytes)
    {
        var startedMs = _router.Execution.NowMs;
        while (bytes > 0)
        {
            call.Encode(new EmptyMessage());
            using (var answer = await call.SendAsync(Opcode.StatVolume, PlacementHash.Volume(_router.Volume, _router.ShardCount)))
            {
                var status = answer.TryRead(out StatVolumeReply reply);
                if (status != Errno.None || bytes <= reply.AvailableBytes)
                    return status;
                if (bytes > reply.TotalBytes || _router.Execution.NowMs - startedMs >= Limits.RoomMs)
                    return Errno.ENOSPC;
            }
            if (request.IsInterrupted)
                return Errno.EINTR;
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.RoomPauseMs), _router.Execution.Time);
        }
        return Errno.None;
    }

    private async ValueTask<Errno> ChangeChunksAsync(RoutedCall call, FuseRequest request, FileState file, ChunkRangeOperation operation, Reservation reservation)
    {
        var offset = request.In<fuse_fallocate_in>().offset;
        var end = offset + request.In<fuse_fallocate_in>().length;
        lock (file.Gate)
        {
            file.WriteCount++;
            file.DropContent();
            file.Version = 0;
            if (operation == ChunkRangeOperation.Punch && file.IsSizeKnown)
                end = Math.Min(end, file.SizeBytes);
        }

        // What was written before must not be sent again over what follows.
        var (drained, letGo) = await _writeBack.DrainAndLetGoAsync(file, 0, request);
        _writeBack.NoteLetGo(file, letGo);
        if (drained != Errno.None)
            return drained;
        while (offset < end)
        {
            if (request.IsInterrupted)
                return Errno.EINTR;
            var length = Math.Min(end - offset, _chunkBytes - offset % _chunkBytes);
            var chunk = new ChunkIndex(offset / _chunkBytes);
            var (status, fresh) = await ChangeChunkAsync(call, file, new ChunkRangeRequest(file.Inode, chunk, operation, (uint)(offset % _chunkBytes), (uint)length));
            if (status != Errno.None)
                return status;
            reservation.Add(chunk, fresh);
            offset += length;
        }
        return Errno.None;
    }

    private async ValueTask<(Errno Status, ulong Fresh)> ChangeChunkAsync(RoutedCall call, FileState file, ChunkRangeRequest range)
    {
        var shard = PlacementHash.Chunk(file.Inode, range.Chunk, _router.ShardCount);
        call.Encode(range);
        using var answer = await call.SendAsync(Opcode.ChunkRange, shard);
        var status = answer.TryRead(out ChunkRangeReply reply);
        if (status == Errno.None)
        {
            lock (file.Gate)
                file.CommitAllocatedBytes += reply.AllocatedDeltaBytes;
            _writeBack.NoteChanged(file, shard, answer.Verifier);
        }
        return (status, reply.Fresh);
    }

    /// <summary>
    /// Gives back what a call that failed had reserved, as far as nobody has used it. A node that is away keeps it until the file is truncated or removed, or until the node looks for such data itself.
    /// </summary>
    private async ValueTask ReleaseAsync(RoutedCall call, FileState file, Reservation reservation)
    {
        foreach (var (chunk, blocks) in reservation.Chunks)
            await ChangeChunkAsync(call, file, new ChunkRangeRequest(file.Inode, chunk, ChunkRangeOperation.Release, 0, 0, blocks));
    }

    /// <summary>Times change in any case; the size grows unless the caller keeps it. Of a caller without CAP_FSETID set-id bits go, as after a write.</summary>
    private async ValueTask<Errno> CommitAllocationAsync(RoutedCall call, FuseRequest request, FileState file, bool hasFailed)
    {
        var isKept = hasFailed || (request.In<fuse_fallocate_in>().mode & FALLOC_FL_KEEP_SIZE) != 0;
        var size = isKept ? 0 : request.In<fuse_fallocate_in>().offset + request.In<fuse_fallocate_in>().length;
        long allocated;
        lock (file.Gate)
        {
            allocated = file.CommitAllocatedBytes;
            file.CommitAllocatedBytes = 0;
        }
        call.Encode(new CommitWriteRequest(file.Inode, size, _router.Execution.NowNs, WriteFlags.None, allocated));
        AttributesReply reply;
        using (var answer = await call.SendAsync(Opcode.CommitWrite, file.Inode.Shard))
        {
            var status = answer.TryRead(out reply);
            _ahead.Changes.Note(file.Inode);
            if (status != Errno.None)
                return status;
            _writeBack.NoteChanged(file, file.Inode.Shard, answer.Verifier);
        }
        lock (file.Gate)
        {
            file.SizeBytes = reply.Attributes.SizeBytes;
            file.IsSizeKnown = true;
        }
        return SetIds.AreIn(reply.Attributes.Mode) && !CallerCapabilities.KeepSetIds(request) ? await RemoveSetIdsAsync(call, request, file) : Errno.None;
    }

    private async ValueTask<Errno> RemoveSetIdsAsync(RoutedCall call, FuseRequest request, FileState file)
    {
        call.Encode(new SetAttrRequest(file.Inode, SetAttrMask.KillSetIds, 0, 0, 0, 0, 0, 0, 0));
        using var answer = await call.SendMutationAsync(Opcode.SetAttr, file.Inode.Shard);
        _kernelSizes.DropAttributes(request.NodeId);
        return answer.Status;
    }

    private async Detached LSeekAsync(RoutedCall call, FuseRequest request, FileState file, ulong offset, bool wantsData)
    {
        var startedMs = _router.Execution.NowMs;
        if ((await _writeBack.DrainAsync(file, commit: true, request)).Status is var drained and not Errno.None)
        {
            _files.Release(file);
            Fail(request, drained);
            return;
        }
        using var answer = await GetAttributesAsync(call, file.Inode);
        var status = answer.TryRead(out AttributesReply reply);
        var size = reply.Attributes.SizeBytes;
        if (status == Errno.None && offset >= size)
            status = Errno.ENXIO;
        while (status == Errno.None && offset < size)
        {
            var (found, at) = await SeekInChunkAsync(call, file.Inode, offset, wantsData);
            status = found.Status;
            offset = at;
            if (found.IsFound)
                break;
            if (status == Errno.None && request.IsInterrupted && _router.Execution.NowMs - startedMs >= Limits.InterruptibleAfterMs)
                status = Errno.EINTR;
        }
        _files.Release(file);
        if (status == Errno.None && wantsData && offset >= size)
            status = Errno.ENXIO;
        if (status == Errno.None)
            request.ReplyLseek(Math.Min(offset, size));
        else
            Fail(request, status);
    }

    /// <summary>The first place of the wanted kind in the rest of a chunk; when there is none, the start of the next chunk.</summary>
    private async ValueTask<((Errno Status, bool IsFound) Found, ulong Offset)> SeekInChunkAsync(
        RoutedCall call, InodeId inode, ulong offset, bool wantsData)
    {
        var chunk = new ChunkIndex(offset / _chunkBytes);
        call.Encode(new ChunkMapRequest(inode, chunk));
        using var answer = await call.SendAsync(Opcode.ChunkMap, PlacementHash.Chunk(inode, chunk, _router.ShardCount));
        var status = answer.TryRead(out ChunkMapReply map);
        if (status != Errno.None)
            return ((status, false), offset);
        var blockBytes = Math.Max(LeastBlockBytes, _chunkBytes / BlocksPerWord);
        var block = (int)(offset % _chunkBytes / blockBytes);
        var wanted = (wantsData ? map.Blocks : ~map.Blocks) >> block << block;
        var next = wanted == 0 ? BlocksPerWord : BitOperations.TrailingZeroCount(wanted);
        var start = chunk.Value * _chunkBytes;
        var at = Math.Max(offset, start + (ulong)next * blockBytes);
        return at < start + _chunkBytes ? ((Errno.None, true), at) : ((Errno.None, false), start + _chunkBytes);
    }
}
