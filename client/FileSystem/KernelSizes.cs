using SealFs.Client.Buffering;
using SealFs.Core;
using SealFs.Fuse;

namespace SealFs.Client.FileSystem;

/// <summary>
/// What size of each file the kernel was told last. An answer to FUSE_OPEN carries no attributes, so a kernel that still believes older ones would read only up to
/// the old size: close-to-open would not hold within the time that attributes are believed. An open that finds another size tells the kernel.
/// </summary>
internal sealed class KernelSizes
{
    private readonly VersionCache _told = new();

    /// <summary>Null until the session is there; an open before that leaves the kernel alone.</summary>
    public FuseNotifier? Notifier { get; set; }

    public void Told(InodeId inode, ulong sizeBytes) => _told.Remember(inode, sizeBytes + 1);

    /// <summary>
    /// Before the answer to an open that found a file changed by others: drops the attributes, so that the next read asks for them. Takes no lock that an open holds.
    /// </summary>
    public void Correct(ulong nodeId, InodeId inode, ulong sizeBytes)
    {
        if (_told.Find(inode) == sizeBytes + 1 || Notifier is not { } notifier)
            return;
        _ = notifier.InvalidateInode(nodeId, offset: -1, length: 0);
        Told(inode, sizeBytes);
    }

    /// <summary>The kernel believes attributes that are not true any more. Takes no lock that a request of the file holds.</summary>
    public void DropAttributes(ulong nodeId) => _ = Notifier?.InvalidateInode(nodeId, offset: -1, length: 0);

    /// <summary>
    /// After an append that the kernel placed at an older end: its pages are wrong. From another thread, because dropping them waits for reads of the file that
    /// are under way.
    /// </summary>
    public void DropPages(ulong nodeId)
    {
        if (Notifier is { } notifier)
            ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.notifier.InvalidateInode(work.nodeId, 0, 0), (notifier, nodeId), preferLocal: false);
    }
}
