using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <content>
/// Last stop of a request: the reply. All of it lies in native, locked memory when the kernel reads it, because a daemon that is killed
/// while the kernel copies from a page that is not resident leaves the application with EIO.
/// Every Reply returns false when the kernel no longer wanted it (interrupted, or the connection was aborted).
/// </content>
public sealed unsafe partial class FuseRequest
{
    private fuse_out_header* InlineReply => (fuse_out_header*)(_slot + Limits.InlineMessageBytes);

    private byte* InlinePayload => (byte*)(InlineReply + 1);

    private static int InlinePayloadBytes => Limits.InlineReplyBytes - sizeof(fuse_out_header);

    /// <summary>Native room for a reply of up to <see cref="ReplyBufferLength"/> bytes, to be sent with <see cref="ReplyFromBuffer"/>.</summary>
    /// <remarks>
    /// Inside the handler, on the worker that read the request, it never waits (unless the request itself is larger than a slot).
    /// From another thread it waits while all large buffers are in use; reply with <see cref="ReplyVectored"/> there to avoid it.
    /// </remarks>
    public byte* ReplyBufferPointer
    {
        get
        {
            if (_replyBuffer == null) _replyBuffer = TakeReplyBuffer();
            return _replyBuffer + sizeof(fuse_out_header);
        }
    }

    /// <summary>The same as <see cref="ReplyBufferPointer"/>.</summary>
    public Span<byte> ReplyBuffer => new(ReplyBufferPointer, ReplyBufferLength);

    /// <summary>Bytes in <see cref="ReplyBuffer"/>: never less than the largest READ.</summary>
    public int ReplyBufferLength => _pool.Buffers.BufferBytes - sizeof(fuse_out_header);

    /// <summary>Fails the request with a positive errno.</summary>
    public bool ReplyError(int errno) => Send(InlineReply, 0, errno);

    /// <summary>Success without a body.</summary>
    public bool ReplyEmpty() => Send(InlineReply, 0, 0);

    /// <summary>For LOOKUP, MKNOD, MKDIR, SYMLINK and LINK.</summary>
    public bool ReplyEntry(in fuse_entry_out entry) => ReplyStructure(in entry);

    /// <summary>For GETATTR and SETATTR.</summary>
    public bool ReplyAttr(in fuse_attr_out attributes) => ReplyStructure(in attributes);

    /// <summary>For OPEN and OPENDIR.</summary>
    public bool ReplyOpen(in fuse_open_out open) => ReplyStructure(in open);

    /// <summary>For CREATE and TMPFILE.</summary>
    public bool ReplyCreate(in fuse_entry_out entry, in fuse_open_out open)
    {
        *(fuse_entry_out*)InlinePayload = entry;
        *(fuse_open_out*)(InlinePayload + sizeof(fuse_entry_out)) = open;
        return Send(InlineReply, sizeof(fuse_entry_out) + sizeof(fuse_open_out), 0);
    }

    /// <summary>For both forms of COPY_FILE_RANGE; the older one cannot say more than 32 bits.</summary>
    public bool ReplyCopied(ulong sizeBytes) => Opcode == FuseOpcode.FUSE_COPY_FILE_RANGE_64
        ? ReplyStructure(new fuse_copy_file_range_out { bytes_copied = sizeBytes })
        : ReplyWrite((uint)Math.Min(sizeBytes, uint.MaxValue));

    /// <summary>For WRITE: how many bytes were taken.</summary>
    public bool ReplyWrite(uint sizeBytes) => ReplyStructure(new fuse_write_out { size = sizeBytes });

    public bool ReplyStatFs(in fuse_kstatfs statistics) => ReplyStructure(in statistics);

    /// <summary>For GETXATTR and LISTXATTR with size 0: how much room the caller needs.</summary>
    public bool ReplyXattrSize(uint sizeBytes) => ReplyStructure(new fuse_getxattr_out { size = sizeBytes });

    public bool ReplyLseek(ulong offset) => ReplyStructure(new fuse_lseek_out { offset = offset });

    /// <summary>For GETLK: the lock in the way, or one of type F_UNLCK.</summary>
    public bool ReplyLock(in fuse_file_lock conflict) => ReplyStructure(new fuse_lk_out { lk = conflict });

    public bool ReplyBmap(ulong block) => ReplyStructure(new fuse_bmap_out { block = block });

    public bool ReplyPoll(uint events) => ReplyStructure(new fuse_poll_out { revents = events });

    public bool ReplyStatx(in fuse_statx_out attributes) => ReplyStructure(in attributes);

    /// <summary>For IOCTL; the output is copied.</summary>
    public bool ReplyIoctl(int result, ReadOnlySpan<byte> output)
    {
        var target = (byte*)InlinePayload;
        if (sizeof(fuse_ioctl_out) + output.Length > InlinePayloadBytes) target = ReplyBufferPointer;
        *(fuse_ioctl_out*)target = new fuse_ioctl_out { result = result };
        output.CopyTo(new Span<byte>(target + sizeof(fuse_ioctl_out), output.Length));
        return Send((fuse_out_header*)target - 1, sizeof(fuse_ioctl_out) + output.Length, 0);
    }

    /// <summary>For READ, READLINK, READDIR, GETXATTR and LISTXATTR. The bytes are copied to native memory first.</summary>
    public bool ReplyBytes(ReadOnlySpan<byte> bytes)
    {
        var target = bytes.Length <= InlinePayloadBytes ? InlinePayload : ReplyBufferPointer;
        bytes.CopyTo(new Span<byte>(target, ReplyBufferLength));
        return Send((fuse_out_header*)target - 1, bytes.Length, 0);
    }

    /// <summary>Replies from native memory of the caller, without a copy. The memory may be reused when this returns.</summary>
    public bool ReplyBytes(byte* bytes, nint length)
    {
        var segment = new FuseSegment(bytes, length);
        return ReplyVectored(new ReadOnlySpan<FuseSegment>(ref segment));
    }

    /// <summary>Replies with the first <paramref name="length"/> bytes of <see cref="ReplyBuffer"/>.</summary>
    public bool ReplyFromBuffer(int length) => Send((fuse_out_header*)ReplyBufferPointer - 1, length, 0);

    /// <summary>
    /// Replies with several pieces of native memory in one system call, without a copy. They must be resident (locked or in use all the time),
    /// and never lie in a mapped file. At most 64.
    /// </summary>
    public bool ReplyVectored(ReadOnlySpan<FuseSegment> segments)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segments.Length, Limits.MaxReplySegments);
        var vector = stackalloc FuseSegment[segments.Length + 1];
        nint length = 0;
        for (var i = 0; i < segments.Length; i++)
        {
            vector[i + 1] = segments[i];
            length += segments[i].Length;
        }
        FillHeader(InlineReply, (int)length, 0);
        vector[0] = new FuseSegment((byte*)InlineReply, sizeof(fuse_out_header));
        BeginReply();
        return EndReply(_pool.Transport.Reply(this, vector, segments.Length + 1), 0);
    }

    /// <summary>Ends a request that has no reply.</summary>
    internal void ReplyNone()
    {
        BeginReply();
        EndReply(0, 0);
    }

    private bool ReplyStructure<T>(in T structure) where T : unmanaged
    {
        *(T*)InlinePayload = structure;
        return Send(InlineReply, sizeof(T), 0);
    }

    private bool Send(fuse_out_header* message, int payloadLength, int errno)
    {
        FillHeader(message, payloadLength, errno);
        BeginReply();
        return EndReply(_pool.Transport.Reply(this, (byte*)message, sizeof(fuse_out_header) + payloadLength), errno);
    }

    private void FillHeader(fuse_out_header* header, int payloadLength, int errno)
    {
        header->len = (uint)(sizeof(fuse_out_header) + payloadLength);
        header->error = -errno;
        header->unique = Header->unique;
    }

    private byte* TakeReplyBuffer()
    {
        var worker = _worker!;
        var inHandler = worker.ManagedThreadId == Environment.CurrentManagedThreadId && ReferenceEquals(worker.Current, this);
        return inHandler && _messageBuffer == null ? worker.ReleaseBuffer() : _pool.Buffers.Take();
    }
}
