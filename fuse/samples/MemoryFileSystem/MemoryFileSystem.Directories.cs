using SealFs.Fuse.Abi;

namespace SealFs.Fuse.MemoryFs;

/// <content>Listing directories.</content>
public sealed partial class MemoryFileSystem
{
    private const ulong SelfCookie = 1;
    private const ulong ParentCookie = 2;
    private const uint DirectoryType = FileMode.S_IFDIR >> 12;

    public override void OpenDir(FuseRequest request, in fuse_open_in input) => request.ReplyOpen(default);

    public override void ReleaseDir(FuseRequest request, in fuse_release_in input) => request.ReplyEmpty();

    public override void FSyncDir(FuseRequest request, in fuse_fsync_in input) => request.ReplyEmpty();

    public override void ReadDir(FuseRequest request, in fuse_read_in input) => List(request, in input, plus: false);

    public override void ReadDirPlus(FuseRequest request, in fuse_read_in input) => List(request, in input, plus: true);

    private unsafe void List(FuseRequest request, in fuse_read_in input, bool plus)
    {
        if (_nodes.Find(request.NodeId) is not { Entries: not null } directory)
        {
            request.ReplyError(FuseErrno.ENOTDIR);
            return;
        }
        var writer = new FuseDirectoryWriter(request.ReplyBufferPointer, (int)Math.Min(input.size, (uint)request.ReplyBufferLength));
        lock (_gate) Fill(ref writer, directory, input.offset, plus);
        request.ReplyFromBuffer(writer.Length);
    }

    private void Fill(ref FuseDirectoryWriter writer, Node directory, ulong cookie, bool plus)
    {
        if (cookie < SelfCookie && !AddDot(ref writer, directory, SelfCookie, "."u8, plus)) return;
        if (cookie < ParentCookie && !AddDot(ref writer, directory.Parent!, ParentCookie, ".."u8, plus)) return;
        var position = -1;
        while (directory.Entries!.Next(cookie, ref position) is { } entry)
        {
            var node = entry.Node;
            var type = (node.Attributes.mode & FileMode.S_IFMT) >> 12;
            if (!plus)
            {
                if (!writer.Add(node.Id, entry.Cookie, type, entry.Name)) return;
                continue;
            }
            FillEntry(node, out var attributes);
            if (writer.AddPlus(in attributes, node.Id, entry.Cookie, type, entry.Name)) continue;
            node.Lookups--;
            return;
        }
    }

    private static bool AddDot(ref FuseDirectoryWriter writer, Node node, ulong cookie, ReadOnlySpan<byte> name, bool plus) =>
        plus ? writer.AddPlus(default, node.Id, cookie, DirectoryType, name) : writer.Add(node.Id, cookie, DirectoryType, name);
}
