using SealFs.Fuse.Abi;

namespace SealFs.Fuse.MemoryFs;

/// <content>Open files and their bytes. A handle carries nothing: the kernel's reference keeps the node alive.</content>
public sealed partial class MemoryFileSystem
{
    private const uint SEEK_DATA = 3;
    private const uint FALLOC_FL_KEEP_SIZE = 1;
    private const uint FALLOC_FL_PUNCH_HOLE = 2;
    private const uint FALLOC_FL_ZERO_RANGE = 0x10;
    private const int CopyStepBytes = 64 << 10;

    public override void Open(FuseRequest request, in fuse_open_in input) =>
        request.ReplyOpen(new fuse_open_out { open_flags = _options.OpenFlags });

    public override void Flush(FuseRequest request, in fuse_flush_in input) => request.ReplyEmpty();

    public override void Release(FuseRequest request, in fuse_release_in input) => request.ReplyEmpty();

    public override void FSync(FuseRequest request, in fuse_fsync_in input) => request.ReplyEmpty();

    public override unsafe void Read(FuseRequest request, in fuse_read_in input)
    {
        if (_nodes.Find(request.NodeId) is not { Content: { } content })
        {
            request.ReplyError(FuseErrno.ESTALE);
            return;
        }
        var room = new Span<byte>(request.ReplyBufferPointer, (int)Math.Min(input.size, (uint)request.ReplyBufferLength));
        int length;
        lock (content) length = content.Read((long)input.offset, room);
        request.ReplyFromBuffer(length);
    }

    public override unsafe void Write(FuseRequest request, in fuse_write_in input)
    {
        if (_nodes.Find(request.NodeId) is not { Content: { } content } node)
        {
            request.ReplyError(FuseErrno.ESTALE);
            return;
        }
        if (input.offset + input.size > FileContent.MaxLength)
        {
            request.ReplyError(FuseErrno.EFBIG);
            return;
        }
        bool written;
        lock (content) written = content.Write((long)input.offset, new ReadOnlySpan<byte>(request.Data, request.DataLength));
        if (!written)
        {
            request.ReplyError(FuseErrno.ENOSPC);
            return;
        }
        lock (_gate) TouchModified(node);
        request.ReplyWrite((uint)request.DataLength);
    }

    public override void FAllocate(FuseRequest request, in fuse_fallocate_in input)
    {
        if (_nodes.Find(request.NodeId) is not { Content: { } content } node)
        {
            request.ReplyError(FuseErrno.ESTALE);
            return;
        }
        int errno;
        lock (content) errno = TryAllocate(content, (long)input.offset, (long)input.length, input.mode);
        lock (_gate) TouchModified(node);
        request.ReplyError(errno);
    }

    public override void LSeek(FuseRequest request, in fuse_lseek_in input)
    {
        if (_nodes.Find(request.NodeId) is not { Content: { } content })
        {
            request.ReplyError(FuseErrno.ESTALE);
            return;
        }
        long found;
        lock (content) found = content.Seek((long)input.offset, input.whence == SEEK_DATA);
        if (found < 0) request.ReplyError(FuseErrno.ENXIO);
        else request.ReplyLseek((ulong)found);
    }

    public override void CopyFileRange(FuseRequest request, in fuse_copy_file_range_in input)
    {
        if (_nodes.Find(request.NodeId) is not { Content: { } source } || _nodes.Find(input.nodeid_out) is not { Content: { } target } targetNode)
        {
            request.ReplyError(FuseErrno.ESTALE);
            return;
        }
        var copied = Copy(source, (long)input.off_in, target, (long)input.off_out, (long)Math.Min(input.len, long.MaxValue), out var full);
        lock (_gate) TouchModified(targetNode);
        if (full && copied == 0) request.ReplyError(FuseErrno.ENOSPC);
        else request.ReplyCopied((ulong)copied);
    }

    private static int TryAllocate(FileContent content, long offset, long length, uint mode)
    {
        if (offset + length > FileContent.MaxLength) return FuseErrno.EFBIG;
        switch (mode & ~FALLOC_FL_KEEP_SIZE)
        {
            case 0:
                if (!content.Allocate(offset, length)) return FuseErrno.ENOSPC;
                break;
            case FALLOC_FL_PUNCH_HOLE or FALLOC_FL_ZERO_RANGE:
                content.Clear(offset, length);
                break;
            default:
                return FuseErrno.EOPNOTSUPP;
        }
        if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && offset + length > content.Length) content.SetLength(offset + length);
        return 0;
    }

    /// <summary>Step by step, so that no file is locked for long, and never both at once.</summary>
    private static unsafe long Copy(FileContent source, long from, FileContent target, long to, long length, out bool full)
    {
        var step = stackalloc byte[CopyStepBytes];
        long copied = 0;
        full = false;
        while (copied < length)
        {
            var room = new Span<byte>(step, (int)Math.Min(CopyStepBytes, length - copied));
            int count;
            lock (source) count = source.Read(from + copied, room);
            if (count == 0) break;
            lock (target) full = !target.Write(to + copied, room[..count]);
            if (full) break;
            copied += count;
        }
        return copied;
    }
}
