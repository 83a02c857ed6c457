using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Survivor;

/// <summary>
/// One directory of files named "f" and a number, each a file of the same name in a backing directory. Nothing lives in this process: the node id is the number,
/// and a repeated create or unlink, which an earlier daemon may have executed, is answered like the first.
/// </summary>
internal sealed class SurvivingFileSystem(string backing) : FuseFileSystem
{
    private const ulong FirstNode = 100;

    public override void Lookup(FuseRequest request, ReadOnlySpan<byte> name)
    {
        if (!TryParse(name, out var node) || !File.Exists(PathOf(node))) request.ReplyError(FuseErrno.ENOENT);
        else request.ReplyEntry(Entry(node));
    }

    public override void GetAttr(FuseRequest request, in fuse_getattr_in input) => request.ReplyAttr(new fuse_attr_out { attr = Attributes(request.NodeId) });

    public override void Create(FuseRequest request, in fuse_create_in input, ReadOnlySpan<byte> name)
    {
        if (!TryParse(name, out var node))
        {
            request.ReplyError(FuseErrno.EINVAL);
            return;
        }
        try
        {
            new FileStream(PathOf(node), FileMode.CreateNew).Dispose();
        }
        catch (IOException) when (request.IsResend && File.Exists(PathOf(node)))
        {
            // The daemon before this one made it and died before it could say so.
        }
        catch (IOException)
        {
            request.ReplyError(FuseErrno.EEXIST);
            return;
        }
        request.ReplyCreate(Entry(node), new fuse_open_out { open_flags = FuseOpenFlags.FOPEN_DIRECT_IO });
    }

    public override void Open(FuseRequest request, in fuse_open_in input) =>
        request.ReplyOpen(new fuse_open_out { open_flags = FuseOpenFlags.FOPEN_DIRECT_IO });

    public override void Flush(FuseRequest request, in fuse_flush_in input) => request.ReplyEmpty();

    public override void Release(FuseRequest request, in fuse_release_in input) => request.ReplyEmpty();

    public override void FSync(FuseRequest request, in fuse_fsync_in input) => request.ReplyEmpty();

    public override unsafe void Read(FuseRequest request, in fuse_read_in input)
    {
        using var file = File.OpenHandle(PathOf(request.NodeId));
        request.ReplyFromBuffer(RandomAccess.Read(file, new Span<byte>(request.ReplyBufferPointer, (int)input.size), (long)input.offset));
    }

    public override unsafe void Write(FuseRequest request, in fuse_write_in input)
    {
        using var file = File.OpenHandle(PathOf(request.NodeId), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, new ReadOnlySpan<byte>(request.Data, request.DataLength), (long)input.offset);
        request.ReplyWrite((uint)request.DataLength);
    }

    public override void Unlink(FuseRequest request, ReadOnlySpan<byte> name)
    {
        var exists = TryParse(name, out var node) && File.Exists(PathOf(node));
        if (exists) File.Delete(PathOf(node));
        request.ReplyError(exists || request.IsResend ? 0 : FuseErrno.ENOENT);
    }

    private static bool TryParse(ReadOnlySpan<byte> name, out ulong node)
    {
        var valid = ulong.TryParse(name.Length > 1 ? name[1..] : default, out node);
        node += FirstNode;
        return valid;
    }

    private string PathOf(ulong node) => $"{backing}/f{node - FirstNode}";

    private fuse_entry_out Entry(ulong node) => new() { nodeid = node, attr = Attributes(node) };

    private fuse_attr Attributes(ulong node)
    {
        if (node == FuseProtocol.FUSE_ROOT_ID) return new fuse_attr { ino = node, mode = 0x41ED, nlink = 2 };
        var file = new FileInfo(PathOf(node));
        return new fuse_attr { ino = node, mode = 0x81A4, nlink = 1, size = file.Exists ? (ulong)file.Length : 0 };
    }
}
