using System.Runtime.InteropServices;
using SealFs.Client.Buffering;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>
/// FUSE_READ. In this order: the content that came with the open, what was read ahead, the servers. Dirty data that a read touches are sent first.
/// Bytes go from the receive buffer to the kernel without a copy.
/// </content>
internal sealed partial class SealFileSystem
{
    /// <summary>What holes are answered with.</summary>
    private static readonly nint s_zeros = AllocateZeros();

    public override void Read(FuseRequest request, in fuse_read_in input)
    {
        var file = _files.Acquire(InodeOf(request.NodeId));
        RpcBuffer? content = null;
        lock (file.Gate)
        {
            file.MayBeCached |= !new FileHandle(input.fh).IsDirect;
            if (file.Content is not null && !file.IsDirty)
            {
                content = file.Content;
                content.AddReference();
            }
        }
        if (content is null)
        {
            ReadAsync(Begin(request), request, file, input.offset, (int)input.size);
            return;
        }
        _router.Metrics.Hit("content");
        _files.Release(file);
        ReplyContent(request, content, input.offset, (int)input.size);
    }

    private static unsafe nint AllocateZeros() => (nint)NativeMemory.AllocZeroed(Limits.ExtentBytes);

    private static unsafe void ReplyContent(FuseRequest request, RpcBuffer content, ulong offset, int length)
    {
        var from = (int)Math.Min(offset, (ulong)content.Length);
        request.ReplyBytes(content.Address + from, Math.Min(length, content.Length - from));
        content.Dispose();
    }

    private async Detached ReadAsync(RoutedCall call, FuseRequest request, FileState file, ulong offset, int length)
    {
        var status = await PrepareReadAsync(call, request, file, offset, length);
        if (status != Errno.None)
        {
            _files.Release(file);
            Fail(request, status);
            return;
        }
        length = ClipToSize(file, offset, length);
        if (length == 0)
        {
            _files.Release(file);
            request.ReplyEmpty();
            return;
        }
        ReadFurther(file, offset, length);
        if (FindBlock(file, offset) is { } first)
            await ReplyFromBlocksAsync(call, request, file, first, offset, length);
        else
            await ReplyFromServersAsync(call, request, file, offset, length);
        _files.Release(file);
    }

    /// <summary>Sees to it that the servers have what the read touches, and that the size is known.</summary>
    private async ValueTask<Errno> PrepareReadAsync(RoutedCall call, FuseRequest request, FileState file, ulong offset, int length)
    {
        if (TouchesDirty(file, offset, length) && (await _writeBack.DrainAsync(file, commit: false, request)).Status is var drained and not Errno.None)
            return drained;
        if (file.IsSizeKnown)
            return Errno.None;
        using var answer = await GetAttributesAsync(call, file.Inode);
        var status = answer.TryRead(out AttributesReply reply);
        var attributes = reply.Attributes;
        if (status == Errno.None)
            OverlayDirty(ref attributes);
        return status;
    }

    private static bool TouchesDirty(FileState file, ulong offset, int length)
    {
        lock (file.Gate)
        {
            foreach (var extent in file.Extents)
            {
                if (extent.Overlaps(offset, offset + (uint)length))
                    return true;
            }
            return false;
        }
    }

    private static int ClipToSize(FileState file, ulong offset, int length)
    {
        lock (file.Gate)
            return offset >= file.SizeBytes ? 0 : (int)Math.Min((ulong)length, file.SizeBytes - offset);
    }

    /// <summary>One request for each chunk the range touches (at most two or, with the smallest chunks, a few), all at once.</summary>
    private async ValueTask ReplyFromServersAsync(RoutedCall call, FuseRequest request, FileState file, ulong offset, int length)
    {
        var firstLength = (int)Math.Min((ulong)length, _chunkBytes - offset % _chunkBytes);
        if (firstLength == length)
        {
            using var answer = await SendReadAsync(call, file.Inode, offset, length);
            if (answer.Succeeded)
                ReplyPadded(request, in answer, length);
            else
                Fail(request, answer.Status);
            return;
        }
        await ReplyFromSeveralAsync(call, request, file, offset, length);
    }

    private async ValueTask ReplyFromSeveralAsync(RoutedCall call, FuseRequest request, FileState file, ulong offset, int length)
    {
        var pieces = SplitByChunk(offset, length);
        var calls = new RoutedCall[pieces.Count];
        var pending = new Task<Answer>[pieces.Count];
        for (var i = 0; i < pieces.Count; i++)
        {
            calls[i] = i == 0 ? call : _router.Rent();
            pending[i] = SendReadAsync(calls[i], file.Inode, pieces[i].Offset, pieces[i].Length).AsTask();
        }
        var answers = new Answer[pieces.Count];
        var status = Errno.None;
        for (var i = 0; i < pieces.Count; i++)
        {
            answers[i] = await pending[i];
            status = status == Errno.None ? answers[i].Status : status;
            if (i > 0)
                _router.Return(calls[i]);
        }
        if (status == Errno.None)
            ReplyPadded(request, answers, pieces);
        else
            Fail(request, status);
        foreach (var answer in answers)
            answer.Dispose();
    }

    private ValueTask<Answer> SendReadAsync(RoutedCall call, InodeId inode, ulong offset, int length)
    {
        var chunk = new ChunkIndex(offset / _chunkBytes);
        call.Encode(new ReadRequest(inode, chunk, (uint)(offset % _chunkBytes), (uint)length));
        _router.Metrics.Read(length);
        return call.SendAsync(Opcode.Read, PlacementHash.Chunk(inode, chunk, _router.ShardCount));
    }

    private List<(ulong Offset, int Length)> SplitByChunk(ulong offset, int length)
    {
        var pieces = new List<(ulong, int)>();
        while (length > 0)
        {
            var piece = (int)Math.Min((ulong)length, _chunkBytes - offset % _chunkBytes);
            pieces.Add((offset, piece));
            offset += (uint)piece;
            length -= piece;
        }
        return pieces;
    }

    /// <summary>What the server did not have lies below the file's size: it reads as zeros.</summary>
    private static unsafe void ReplyPadded(FuseRequest request, in Answer answer, int length)
    {
        var had = Math.Min(answer.PayloadLength, length);
        Span<FuseSegment> segments = [new(answer.PayloadPointer, had), new((byte*)s_zeros, length - had)];
        request.ReplyVectored(had == length ? segments[..1] : had == 0 ? segments[1..] : segments);
    }

    private static unsafe void ReplyPadded(FuseRequest request, Answer[] answers, List<(ulong Offset, int Length)> pieces)
    {
        var segments = new FuseSegment[answers.Length * 2];
        var count = 0;
        for (var i = 0; i < answers.Length; i++)
        {
            var had = Math.Min(answers[i].PayloadLength, pieces[i].Length);
            if (had > 0)
                segments[count++] = new(answers[i].PayloadPointer, had);
            if (had < pieces[i].Length)
                segments[count++] = new((byte*)s_zeros, pieces[i].Length - had);
        }
        request.ReplyVectored(segments.AsSpan(0, count));
    }
}
