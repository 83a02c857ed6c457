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
        var status = (await _writeBack.DrainAsync(file, commit: true, request)).Status;
        if (status == Errno.None)
            status = await AllocateChunksAsync(call, request, file, operation);
        if (status == Errno.None)
            status = await CommitAllocationAsync(call, request, file);
        _files.Release(file);
        Fail(request, status);
    }

    private async ValueTask<Errno> AllocateChunksAsync(RoutedCall call, FuseRequest request, FileState file, ChunkRangeOperation operation)
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
        _writeBack.DropKept(file);
        while (offset < end)
        {
            if (request.IsInterrupted)
                return Errno.EINTR;
            var length = Math.Min(end - offset, _chunkBytes - offset % _chunkBytes);
            var chunk = new ChunkIndex(offset / _chunkBytes);
            var shard = PlacementHash.Chunk(file.Inode, chunk, _router.ShardCount);
            call.Encode(new ChunkRangeRequest(file.Inode, chunk, operation, (uint)(offset % _chunkBytes), (uint)length));
            using var answer = await call.SendAsync(Opcode.ChunkRange, shard);
            var status = answer.TryRead(out WriteReply reply);
            if (status != Errno.None)
                return status;
            lock (file.Gate)
                file.CommitAllocatedBytes += reply.AllocatedDeltaBytes;
            _writeBack.NoteChanged(file, shard, answer.Verifier);
            offset += length;
        }
        return Errno.None;
    }

    /// <summary>Times change in any case; the size grows unless the caller keeps it.</summary>
    private async ValueTask<Errno> CommitAllocationAsync(RoutedCall call, FuseRequest request, FileState file)
    {
        var isKept = (request.In<fuse_fallocate_in>().mode & FALLOC_FL_KEEP_SIZE) != 0;
        var size = isKept ? 0 : request.In<fuse_fallocate_in>().offset + request.In<fuse_fallocate_in>().length;
        long allocated;
        lock (file.Gate)
        {
            allocated = file.CommitAllocatedBytes;
            file.CommitAllocatedBytes = 0;
        }
        call.Encode(new CommitWriteRequest(file.Inode, size, Conversion.NowNs(), WriteFlags.None, allocated));
        using var answer = await call.SendAsync(Opcode.CommitWrite, file.Inode.Shard);
        var status = answer.TryRead(out AttributesReply reply);
        _ahead.Changes.Note(file.Inode);
        if (status != Errno.None)
            return status;
        _writeBack.NoteChanged(file, file.Inode.Shard, answer.Verifier);
        lock (file.Gate)
        {
            file.SizeBytes = reply.Attributes.SizeBytes;
            file.IsSizeKnown = true;
        }
        return Errno.None;
    }

    private async Detached LSeekAsync(RoutedCall call, FuseRequest request, FileState file, ulong offset, bool wantsData)
    {
        var startedMs = Environment.TickCount64;
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
            if (status == Errno.None && request.IsInterrupted && Environment.TickCount64 - startedMs >= Limits.InterruptibleAfterMs)
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
