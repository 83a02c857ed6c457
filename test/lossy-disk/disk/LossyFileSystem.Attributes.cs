using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.LossyDisk;

/// <content>Attributes.</content>
internal sealed partial class LossyFileSystem
{
    public override void GetAttr(FuseRequest request, in fuse_getattr_in input)
    {
        fuse_attr_out output = default;
        bool found;
        lock (_gate)
        {
            var node = Find(request.NodeId);
            found = node is not null;
            if (found)
                output.attr = Shown(node!);
        }

        if (found)
            request.ReplyAttr(in output);
        else
            request.ReplyError(FuseErrno.ESTALE);
    }

    public override void SetAttr(FuseRequest request, in fuse_setattr_in input)
    {
        var cuts = (input.valid & FuseSetAttrValid.FATTR_SIZE) != 0;
        if (cuts && Faults.Meet("truncate", PathOf(request.NodeId)) is { Errno: not 0 } fault)
        {
            request.ReplyError(fault.Errno);
            return;
        }

        fuse_attr_out output = default;
        var errno = 0;
        lock (_gate)
        {
            if (Find(request.NodeId) is { } node)
            {
                if (cuts)
                    SetLength(node, (long)input.size);
                Change(node, in input);
                output.attr = Shown(node);
            }
            else
            {
                errno = FuseErrno.ESTALE;
            }
        }

        if (errno != 0)
            request.ReplyError(errno);
        else
            request.ReplyAttr(in output);
    }

    public override void Access(FuseRequest request, in fuse_access_in input) => request.ReplyEmpty();

    private void SetLength(Node node, long length)
    {
        var before = node.Content.PageCount;
        node.Content.SetLength(length);
        _pages += node.Content.PageCount - before;
        node.Unsynced.RemoveWhere(page => page * PageFile.PageBytes >= length);
        var id = node.Id;
        _disk.Note(disk => disk.Find(id)?.Content.SetLength(length));
    }

    private void Change(Node node, in fuse_setattr_in input)
    {
        ref var attributes = ref node.Attributes;
        if ((input.valid & FuseSetAttrValid.FATTR_MODE) != 0)
            attributes.mode = (attributes.mode & 0xF000) | (input.mode & 0xFFF);
        if ((input.valid & FuseSetAttrValid.FATTR_UID) != 0)
            attributes.uid = input.uid;
        if ((input.valid & FuseSetAttrValid.FATTR_GID) != 0)
            attributes.gid = input.gid;
        SetNow(ref attributes);
        if ((input.valid & FuseSetAttrValid.FATTR_MTIME) != 0)
            (attributes.mtime, attributes.mtimensec) = (input.mtime, input.mtimensec);
        var (id, changed) = (node.Id, attributes);
        _disk.Note(disk =>
        {
            if (disk.Find(id) is { } durable)
                durable.Attributes = changed;
        });
    }
}
