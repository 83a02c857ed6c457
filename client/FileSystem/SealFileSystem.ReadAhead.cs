using SealFs.Client.Buffering;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Rpc;
using SealFs.Fuse;

namespace SealFs.Client.FileSystem;

/// <content>Reading ahead of sequential readers: blocks of one transfer each, several under way, answered to the kernel from where they were received.</content>
internal sealed partial class SealFileSystem
{
    /// <summary>Asks for the blocks that a sequential reader will want next.</summary>
    private void ReadFurther(FileState file, ulong offset, int length)
    {
        while (true)
        {
            ReadBlock? block;
            lock (file.Gate)
                block = NextBlock(file, ref offset, ref length);
            if (block is null)
                return;
            _files.Pin(file);
            FetchAsync(file, block);
        }
    }

    /// <summary>Under the gate. The first call notes the read; each returns one more block to ask for, until enough are under way.</summary>
    private ReadBlock? NextBlock(FileState file, ref ulong offset, ref int length)
    {
        var ahead = file.ReadAhead ??= new ReadAhead(_readBudget);
        if (length > 0)
        {
            ahead.Consume(offset);
            var window = ahead.Advance(offset, length);
            if (window == 0 || file.IsDirty)
                return null;
            offset += (uint)length;
            ahead.Until = Math.Min(offset + (ulong)window, file.SizeBytes);
            length = 0;
        }
        while (offset < ahead.Until)
        {
            if (ahead.Find(offset) is { } known)
            {
                offset = known.End;
                continue;
            }
            var toChunkEnd = _chunkBytes - offset % _chunkBytes;
            var toGridLine = Limits.ReadAheadBytes - offset % Limits.ReadAheadBytes;
            var bytes = (int)Math.Min(Math.Min(toChunkEnd, toGridLine), file.SizeBytes - offset);
            var block = _readBudget.TryTake(offset, bytes);
            if (block is not null)
                ahead.Add(block);
            return block;
        }
        return null;
    }

    private async Detached FetchAsync(FileState file, ReadBlock block)
    {
        var call = _router.Rent();
        using (var answer = await SendReadAsync(call, file.Inode, block.Offset, block.Length, block.Buffer))
        {
            FinishBlock(file, block, in answer);
        }
        _router.Return(call);
        block.Arrival.SetResult();
        _files.Release(file);
    }

    private unsafe void FinishBlock(FileState file, ReadBlock block, in Answer answer)
    {
        var had = Math.Min(answer.PayloadLength, block.Length);
        if (had > 0 && answer.PayloadPointer != block.Buffer.Address)
            answer.Payload[..had].CopyTo(block.Buffer.Span);
        block.Buffer.Span[had..].Clear();
        lock (file.Gate)
        {
            block.Status = answer.Status;
            block.ValidBytes = had;
            block.IsDone = true;
            if (block.IsDropped)
                _readBudget.Return(block);
        }
    }

    private static unsafe void SetTarget(RoutedCall call, RpcBuffer target) => call.SetReplyBuffer((nint)target.Address, target.Length);

    private ValueTask<Answer> SendReadAsync(RoutedCall call, InodeId inode, ulong offset, int length, RpcBuffer target)
    {
        var chunk = new ChunkIndex(offset / _chunkBytes);
        call.Encode(new Core.Messages.ReadRequest(inode, chunk, (uint)(offset % _chunkBytes), (uint)length));
        SetTarget(call, target);
        _router.Metrics.Read(length);
        return call.SendAsync(Core.Wire.Opcode.Read, Core.Placement.PlacementHash.Chunk(inode, chunk, _router.ShardCount));
    }

    /// <summary>The block that has an offset; it is pinned by a reference to its memory.</summary>
    private static ReadBlock? FindBlock(FileState file, ulong offset)
    {
        lock (file.Gate)
        {
            var block = file.ReadAhead?.Find(offset);
            block?.Buffer.AddReference();
            return block;
        }
    }

    /// <summary>Answers from blocks as far as they reach; where they end, the servers are asked for the whole range.</summary>
    private async ValueTask ReplyFromBlocksAsync(RoutedCall call, FuseRequest request, FileState file, ReadBlock first, ulong offset, int length)
    {
        if (!first.IsDone)
            await first.Arrival.Task;
        var second = offset + (uint)length > first.End ? FindBlock(file, first.End) : null;
        if (second is { IsDone: false })
            await second.Arrival.Task;
        var isWhole = first.Status == Errno.None && offset + (uint)length <= (second ?? first).End && second is null or { Status: Errno.None };
        if (isWhole)
            ReplyBlocks(request, first, second, offset, length);
        else
            await ReplyFromServersAsync(call, request, file, offset, length);
        first.Buffer.Dispose();
        second?.Buffer.Dispose();
    }

    private unsafe void ReplyBlocks(FuseRequest request, ReadBlock first, ReadBlock? second, ulong offset, int length)
    {
        _router.Metrics.Hit("read_ahead");
        var at = (int)(offset - first.Offset);
        var fromFirst = Math.Min(length, first.Length - at);
        Span<FuseSegment> segments = [new(first.Buffer.Address + at, fromFirst), new(second is null ? null : second.Buffer.Address, length - fromFirst)];
        request.ReplyVectored(second is null ? segments[..1] : segments);
    }
}
