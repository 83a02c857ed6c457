using System.Text;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.LossyDisk;

/// <content>Listing directories.</content>
internal sealed partial class LossyFileSystem
{
    public override void OpenDir(FuseRequest request, in fuse_open_in input) => request.ReplyOpen(default);

    public override void ReleaseDir(FuseRequest request, in fuse_release_in input) => request.ReplyEmpty();

    public override unsafe void ReadDir(FuseRequest request, in fuse_read_in input)
    {
        var writer = new FuseDirectoryWriter(request.ReplyBufferPointer, (int)Math.Min(input.size, (uint)request.ReplyBufferLength));
        lock (_gate)
        {
            if (Find(request.NodeId) is { } directory)
                Fill(ref writer, directory, input.offset);
        }

        request.ReplyFromBuffer(writer.Length);
    }

    private static void Fill(ref FuseDirectoryWriter writer, Node directory, ulong cookie)
    {
        const uint directoryType = 4;
        if (cookie < 1 && !writer.Add(directory.Id, 1, directoryType, "."u8))
            return;
        if (cookie < 2 && !writer.Add(directory.Id, 2, directoryType, ".."u8))
            return;
        foreach (var (next, (name, node)) in directory.Listing)
        {
            if (next > cookie && !writer.Add(node.Id, next, node.Attributes.mode >> 12, Encoding.UTF8.GetBytes(name)))
                return;
        }
    }
}
