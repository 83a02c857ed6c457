using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.LossyDisk;

/// <content>What reaches the disk.</content>
internal sealed partial class LossyFileSystem
{
    public override void FSync(FuseRequest request, in fuse_fsync_in input)
    {
        var fault = Faults.Meet("fsync", PathOf(request.NodeId));
        lock (_gate)
        {
            if (Find(request.NodeId) is { } node)
                SyncFile(node, fault);
        }

        request.ReplyError(fault?.Errno ?? 0);
    }

    public override void FSyncDir(FuseRequest request, in fuse_fsync_in input)
    {
        var fault = Faults.Meet("fsyncdir", PathOf(request.NodeId));
        if (fault is null)
        {
            lock (_gate)
                _disk.Commit();
        }

        request.ReplyError(fault?.Errno ?? 0);
    }

    public override void SyncFs(FuseRequest request)
    {
        var fault = Faults.Meet("syncfs", "");
        lock (_gate)
        {
            foreach (var node in _nodes.Values)
                SyncFile(node, fault);
            if (fault is null)
                _disk.Commit();
        }

        request.ReplyError(fault?.Errno ?? 0);
    }

    /// <summary>
    /// As in the kernel, pages that could not be written count as clean afterwards: the next sync does not write them, and succeeds.
    /// </summary>
    private void SyncFile(Node node, Fault? fault)
    {
        if (fault is null)
        {
            _disk.Commit();
            if (_disk.Find(node.Id) is { } durable)
            {
                foreach (var page in node.Unsynced)
                    durable.Content.CopyPage(node.Content, page);
                if (node.LengthUnsynced || node.Content.Length != durable.Content.Length)
                    durable.Content.SetLength(node.Content.Length);
            }
        }

        node.LengthUnsynced = false;
        node.Unsynced.Clear();
    }
}
