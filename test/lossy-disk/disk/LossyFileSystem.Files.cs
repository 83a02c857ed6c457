using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.LossyDisk;

/// <content>Bytes of files.</content>
internal sealed partial class LossyFileSystem
{
    private const uint FALLOC_FL_KEEP_SIZE = 1;
    private const uint FALLOC_FL_PUNCH_HOLE = 2;
    private const uint FALLOC_FL_ZERO_RANGE = 0x10;

    public override void Open(FuseRequest request, in fuse_open_in input)
    {
        if (Faults.Meet("open", PathOf(request.NodeId)) is { Errno: not 0 } fault)
            request.ReplyError(fault.Errno);
        else
            request.ReplyOpen(new fuse_open_out { open_flags = FuseOpenFlags.FOPEN_DIRECT_IO });
    }

    public override void Flush(FuseRequest request, in fuse_flush_in input) => request.ReplyEmpty();

    public override void Release(FuseRequest request, in fuse_release_in input) => request.ReplyEmpty();

    public override unsafe void Read(FuseRequest request, in fuse_read_in input)
    {
        if (Faults.Meet("read", PathOf(request.NodeId)) is { Errno: not 0 } fault)
        {
            request.ReplyError(fault.Errno);
            return;
        }

        var room = new Span<byte>(request.ReplyBufferPointer, (int)Math.Min(input.size, (uint)request.ReplyBufferLength));
        var length = -1;
        lock (_gate)
        {
            if (Find(request.NodeId) is { } node)
                length = node.Content.Read((long)input.offset, room);
        }

        if (length < 0)
            request.ReplyError(FuseErrno.ESTALE);
        else
            request.ReplyFromBuffer(length);
    }

    public override unsafe void Write(FuseRequest request, in fuse_write_in input)
    {
        var fault = Faults.Meet("write", PathOf(request.NodeId));
        if (fault is { Errno: not 0 })
        {
            request.ReplyError(fault.Errno);
            return;
        }

        var length = fault is { Short: true } && request.DataLength > 1 ? request.DataLength / 2 : request.DataLength;
        int errno;
        lock (_gate)
            errno = Write(Find(request.NodeId), (long)input.offset, new ReadOnlySpan<byte>(request.Data, length));
        if (errno != 0)
            request.ReplyError(errno);
        else
            request.ReplyWrite((uint)length);
    }

    public override void FAllocate(FuseRequest request, in fuse_fallocate_in input)
    {
        var clears = (input.mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0;
        if (Faults.Meet(clears ? "punch" : "fallocate", PathOf(request.NodeId)) is { Errno: not 0 } fault)
        {
            request.ReplyError(fault.Errno);
            return;
        }

        if ((input.mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0)
        {
            request.ReplyError(FuseErrno.EOPNOTSUPP);
            return;
        }

        int errno;
        lock (_gate)
            errno = Allocate(Find(request.NodeId), (long)input.offset, (long)input.length, clears, keepsSize: (input.mode & FALLOC_FL_KEEP_SIZE) != 0);
        request.ReplyError(errno);
    }

    private int Write(Node? node, long offset, ReadOnlySpan<byte> bytes)
    {
        if (node is null)
            return FuseErrno.ESTALE;
        if ((_pages * BlockBytes) + bytes.Length > CapacityBytes)
            return FuseErrno.ENOSPC;
        var before = node.Content.PageCount;
        if (offset + bytes.Length > node.Content.Length)
            node.LengthUnsynced = true;
        node.Content.Write(offset, bytes, node.Unsynced);
        _pages += node.Content.PageCount - before;
        SetNow(ref node.Attributes);
        return 0;
    }

    /// <summary>Room that is reserved takes none here, so that it is as good as a hole.</summary>
    private int Allocate(Node? node, long offset, long length, bool clears, bool keepsSize)
    {
        if (node is null)
            return FuseErrno.ESTALE;
        if (!clears && (_pages * BlockBytes) + length > CapacityBytes)
            return FuseErrno.ENOSPC;
        var before = node.Content.PageCount;
        if (clears)
            node.Content.Clear(offset, length);
        if (!keepsSize && offset + length > node.Content.Length)
            node.Content.SetLength(offset + length);
        _pages += node.Content.PageCount - before;
        var (id, size) = (node.Id, node.Content.Length);
        _disk.Note(disk =>
        {
            if (disk.Find(id)?.Content is not { } content)
                return;
            if (clears)
                content.Clear(offset, length);
            if (!keepsSize && size > content.Length)
                content.SetLength(size);
        });
        return 0;
    }
}
