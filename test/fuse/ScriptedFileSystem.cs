using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>One file, "f" (node 2), whose answers a test chooses.</summary>
internal sealed class ScriptedFileSystem : FuseFileSystem
{
    public const ulong FileNode = 2;

    /// <summary>Answers a READ of the file; direct I/O, so that each read(2) arrives.</summary>
    public Action<FuseRequest> OnRead { get; set; } = request => request.ReplyBytes("content"u8);

    public Action<FuseRequest>? OnGetAttr { get; set; }

    public Action<FuseRequest> OnWrite { get; set; } = request => request.ReplyWrite((uint)request.DataLength);

    public FuseOpenFlags OpenFlags { get; set; } = FuseOpenFlags.FOPEN_DIRECT_IO;

    /// <summary>Seconds for which the kernel believes everything.</summary>
    public ulong TimeToLiveSeconds { get; set; } = 3600;

    public ulong Size { get; set; } = 7;

    public int Lookups;
    public int Forgets;
    public int Reads;
    public int Interrupts;
    public bool Destroyed;

    public override void Destroy() => Destroyed = true;

    public override void Interrupt(FuseRequest request) => Interlocked.Increment(ref Interrupts);

    public override void Forget(ulong nodeId, ulong lookups) => Interlocked.Increment(ref Forgets);

    public override void Lookup(FuseRequest request, ReadOnlySpan<byte> name)
    {
        Interlocked.Increment(ref Lookups);
        if (!name.SequenceEqual("f"u8))
        {
            request.ReplyError(FuseErrno.ENOENT);
            return;
        }
        request.ReplyEntry(new fuse_entry_out
        {
            nodeid = FileNode,
            entry_valid = TimeToLiveSeconds,
            attr_valid = TimeToLiveSeconds,
            attr = Attributes(FileNode),
        });
    }

    public override void GetAttr(FuseRequest request, in fuse_getattr_in input)
    {
        if (OnGetAttr != null && request.NodeId == FileNode) OnGetAttr(request);
        else ReplyAttributes(request);
    }

    public void ReplyAttributes(FuseRequest request) =>
        request.ReplyAttr(new fuse_attr_out { attr_valid = TimeToLiveSeconds, attr = Attributes(request.NodeId) });

    public override void Open(FuseRequest request, in fuse_open_in input) => request.ReplyOpen(new fuse_open_out { open_flags = OpenFlags });

    public override void Release(FuseRequest request, in fuse_release_in input) => request.ReplyEmpty();

    public override void Flush(FuseRequest request, in fuse_flush_in input) => request.ReplyEmpty();

    public override void Read(FuseRequest request, in fuse_read_in input)
    {
        Interlocked.Increment(ref Reads);
        OnRead(request);
    }

    public override void Write(FuseRequest request, in fuse_write_in input) => OnWrite(request);

    private fuse_attr Attributes(ulong node) => node == FuseProtocol.FUSE_ROOT_ID
        ? new fuse_attr { ino = node, mode = 0x41ED, nlink = 2 }
        : new fuse_attr { ino = node, mode = 0x81A4, nlink = 1, size = Size };
}
