using SealFs.Fuse.Abi;
using SealFs.Fuse.Transport;

namespace SealFs.Fuse;

/// <summary>
/// Messages from the file system to the kernel. Each returns 0 or a positive errno; ENOENT says that the kernel does not have what it is about, which is no failure.
/// </summary>
/// <remarks>
/// The kernel takes locks of the inodes concerned: call none of these while the reply of a request for the same inode or directory depends on the calling thread,
/// or both wait for ever.
/// </remarks>
public sealed unsafe class FuseNotifier
{
    private readonly IFuseTransport _transport;

    internal FuseNotifier(IFuseTransport transport) => _transport = transport;

    /// <summary>Drops the attributes and the cached pages of the range; length 0 means to the end, a negative offset attributes only.</summary>
    public int InvalidateInode(ulong nodeId, long offset, long length)
    {
        var body = new fuse_notify_inval_inode_out { ino = nodeId, off = offset, len = length };
        return Send(FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE, &body, sizeof(fuse_notify_inval_inode_out), default, default);
    }

    /// <summary>Drops a cached name. With <paramref name="expireOnly"/> it is only looked up again at its next use.</summary>
    public int InvalidateEntry(ulong parent, ReadOnlySpan<byte> name, bool expireOnly = false)
    {
        var body = new fuse_notify_inval_entry_out
        {
            parent = parent,
            namelen = (uint)name.Length,
            flags = expireOnly ? FuseProtocol.FUSE_EXPIRE_ONLY : 0,
        };
        return SendWithName(FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY, &body, sizeof(fuse_notify_inval_entry_out), name);
    }

    /// <summary>A name that led to this child is gone; watchers (inotify) hear of it, other than with <see cref="InvalidateEntry"/>.</summary>
    public int Delete(ulong parent, ulong child, ReadOnlySpan<byte> name)
    {
        var body = new fuse_notify_delete_out { parent = parent, child = child, namelen = (uint)name.Length };
        return SendWithName(FuseNotifyCode.FUSE_NOTIFY_DELETE, &body, sizeof(fuse_notify_delete_out), name);
    }

    /// <summary>Puts data into the page cache of an inode.</summary>
    public int Store(ulong nodeId, ulong offset, byte* data, int length)
    {
        var body = new fuse_notify_store_out { nodeid = nodeId, offset = offset, size = (uint)length };
        return Send(FuseNotifyCode.FUSE_NOTIFY_STORE, &body, sizeof(fuse_notify_store_out), new FuseSegment(data, length), default);
    }

    /// <summary>Wakes those who poll a file.</summary>
    public int PollWakeup(ulong pollHandle)
    {
        var body = new fuse_notify_poll_wakeup_out { kh = pollHandle };
        return Send(FuseNotifyCode.FUSE_NOTIFY_POLL, &body, sizeof(fuse_notify_poll_wakeup_out), default, default);
    }

    /// <summary>Asks for everything again that was read and not answered, by a daemon that is dead. Must precede the successor's first read (Linux 6.9).</summary>
    public int Resend() => Send(FuseNotifyCode.FUSE_NOTIFY_RESEND, null, 0, default, default);

    /// <summary>Makes every cached name stale at once (Linux 6.16).</summary>
    public int IncrementEpoch() => Send(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH, null, 0, default, default);

    /// <summary>Asks the kernel to evict these inodes where nobody uses them (Linux 6.18); FORGETs follow.</summary>
    public int Prune(ReadOnlySpan<ulong> nodeIds)
    {
        var body = new fuse_notify_prune_out { count = (uint)nodeIds.Length };
        fixed (ulong* ids = nodeIds)
            return Send(FuseNotifyCode.FUSE_NOTIFY_PRUNE, &body, sizeof(fuse_notify_prune_out), new FuseSegment((byte*)ids, nodeIds.Length * sizeof(ulong)), default);
    }

    private int SendWithName(FuseNotifyCode code, void* body, int bodyLength, ReadOnlySpan<byte> name)
    {
        byte terminator = 0;
        fixed (byte* bytes = name)
            return Send(code, body, bodyLength, new FuseSegment(bytes, name.Length), new FuseSegment(&terminator, 1));
    }

    private int Send(FuseNotifyCode code, void* body, int bodyLength, FuseSegment third, FuseSegment fourth)
    {
        var header = new fuse_out_header { error = (int)code };
        header.len = (uint)(sizeof(fuse_out_header) + bodyLength + third.Length + fourth.Length);
        var segments = stackalloc FuseSegment[4];
        segments[0] = new FuseSegment((byte*)&header, sizeof(fuse_out_header));
        segments[1] = new FuseSegment((byte*)body, bodyLength);
        segments[2] = third;
        segments[3] = fourth;
        return _transport.Notify(segments, 4);
    }
}
