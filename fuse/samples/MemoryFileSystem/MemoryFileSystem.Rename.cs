using SealFs.Fuse.Abi;

namespace SealFs.Fuse.MemoryFs;

/// <content>Renaming: replacing, RENAME_NOREPLACE and RENAME_EXCHANGE.</content>
public sealed partial class MemoryFileSystem
{
    private const uint RENAME_NOREPLACE = 1;
    private const uint RENAME_EXCHANGE = 2;

    public override void Rename(FuseRequest request, in fuse_rename2_in input, ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName)
    {
        int errno;
        lock (_gate) errno = TryRename(request.NodeId, oldName, input.newdir, newName, input.flags);
        request.ReplyError(errno);
    }

    private int TryRename(ulong oldParentId, ReadOnlySpan<byte> oldName, ulong newParentId, ReadOnlySpan<byte> newName, uint flags)
    {
        if (flags is not (0 or RENAME_NOREPLACE or RENAME_EXCHANGE)) return FuseErrno.EINVAL;
        if (_nodes.Find(oldParentId) is not { Entries: not null } oldParent) return FuseErrno.ENOENT;
        if (_nodes.Find(newParentId) is not { Entries: not null } newParent || newParent.Attributes.nlink == 0) return FuseErrno.ENOENT;
        if (newName.Length > MaxNameBytes) return FuseErrno.ENAMETOOLONG;
        if (oldParent.Entries.Find(oldName) is not { } source) return FuseErrno.ENOENT;
        var target = newParent.Entries.Find(newName);
        if (IsInside(newParent, source.Node)) return FuseErrno.EINVAL;
        if (flags == RENAME_EXCHANGE) return target == null ? FuseErrno.ENOENT : Exchange(oldParent, source, newParent, target);
        if (target != null && flags == RENAME_NOREPLACE) return FuseErrno.EEXIST;
        return Replace(oldParent, source, newParent, target, newName);
    }

    private int Replace(Node oldParent, DirectoryEntry source, Node newParent, DirectoryEntry? target, ReadOnlySpan<byte> newName)
    {
        var node = source.Node;
        if (target != null)
        {
            if (ReferenceEquals(target.Node, node)) return 0;
            if (CheckReplaceable(node, target.Node) is not 0 and var errno) return errno;
        }
        oldParent.Entries!.Remove(source);
        if (target != null)
        {
            newParent.Entries!.Remove(target);
            Unname(newParent, target.Node);
        }
        newParent.Entries!.Add(newName, node);
        Move(node, oldParent, newParent);
        TouchModified(oldParent);
        TouchModified(newParent);
        return 0;
    }

    private static int CheckReplaceable(Node node, Node target)
    {
        if (node.IsDirectory && !target.IsDirectory) return FuseErrno.ENOTDIR;
        if (!node.IsDirectory && target.IsDirectory) return FuseErrno.EISDIR;
        return target.Entries is { Count: > 0 } ? FuseErrno.ENOTEMPTY : 0;
    }

    private static int Exchange(Node oldParent, DirectoryEntry source, Node newParent, DirectoryEntry target)
    {
        if (IsInside(oldParent, target.Node)) return FuseErrno.EINVAL;
        (source.Node, target.Node) = (target.Node, source.Node);
        Move(target.Node, oldParent, newParent);
        Move(source.Node, newParent, oldParent);
        TouchModified(oldParent);
        TouchModified(newParent);
        return 0;
    }

    /// <summary>A directory takes its ".." along.</summary>
    private static void Move(Node node, Node oldParent, Node newParent)
    {
        TouchChanged(node);
        if (!node.IsDirectory) return;
        oldParent.Attributes.nlink--;
        newParent.Attributes.nlink++;
        node.Parent = newParent;
    }

    private static bool IsInside(Node directory, Node possibleAncestor)
    {
        if (!possibleAncestor.IsDirectory) return false;
        for (var node = directory; ; node = node.Parent!)
        {
            if (ReferenceEquals(node, possibleAncestor)) return true;
            if (ReferenceEquals(node, node.Parent) || node.Parent == null) return false;
        }
    }
}
