using SealFs.Fuse.Abi;

namespace SealFs.Fuse.MemoryFs;

/// <content>Names: looking up, making and removing.</content>
public sealed partial class MemoryFileSystem
{
    private const uint MaxLinks = 65_000;

    public override void Lookup(FuseRequest request, ReadOnlySpan<byte> name)
    {
        fuse_entry_out entry;
        lock (_gate)
        {
            var found = _nodes.Find(request.NodeId)?.Entries?.Find(name);
            if (found == null)
            {
                // Node id 0: the kernel may remember that there is no such name, for as long as it would remember the name.
                entry = _entryTemplate;
            }
            else
            {
                FillEntry(found.Node, out entry);
            }
        }
        if (name.Length > MaxNameBytes) request.ReplyError(FuseErrno.ENAMETOOLONG);
        else ReplyEntry(request, in entry);
    }

    public override void MkNod(FuseRequest request, in fuse_mknod_in input, ReadOnlySpan<byte> name) =>
        Make(request, name, input.mode, input.rdev, default);

    public override void MkDir(FuseRequest request, in fuse_mkdir_in input, ReadOnlySpan<byte> name) =>
        Make(request, name, (input.mode & FileMode.PermissionBits) | FileMode.S_IFDIR, 0, default);

    public override void Symlink(FuseRequest request, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        Make(request, name, FileMode.S_IFLNK | 0x1FF, 0, target);

    public override void ReadLink(FuseRequest request)
    {
        if (_nodes.Find(request.NodeId)?.Target is { } target) request.ReplyBytes(target);
        else request.ReplyError(FuseErrno.EINVAL);
    }

    public override void Create(FuseRequest request, in fuse_create_in input, ReadOnlySpan<byte> name)
    {
        fuse_entry_out entry;
        int errno;
        lock (_gate) errno = TryMake(request, name, input.mode, 0, default, out entry);
        ReplyCreate(request, errno, in entry);
    }

    public override void Tmpfile(FuseRequest request, in fuse_create_in input)
    {
        fuse_entry_out entry = default;
        var errno = FuseErrno.ENOSPC;
        lock (_gate)
        {
            if (NewNode(input.mode, request.Uid, request.Gid, 0) is { } node)
            {
                FillEntry(node, out entry);
                errno = 0;
            }
        }
        ReplyCreate(request, errno, in entry);
    }

    public override void Link(FuseRequest request, in fuse_link_in input, ReadOnlySpan<byte> newName)
    {
        fuse_entry_out entry = default;
        int errno;
        lock (_gate)
        {
            var node = _nodes.Find(input.oldnodeid);
            errno = node == null ? FuseErrno.ESTALE
                : node.IsDirectory ? FuseErrno.EPERM
                : node.Attributes.nlink >= MaxLinks ? FuseErrno.EMLINK
                : TryAddEntry(request.NodeId, newName, node);
            if (errno == 0)
            {
                node!.Attributes.nlink++;
                TouchChanged(node);
                FillEntry(node, out entry);
            }
        }
        if (errno != 0) request.ReplyError(errno);
        else ReplyEntry(request, in entry);
    }

    public override void Unlink(FuseRequest request, ReadOnlySpan<byte> name) => Remove(request, name, directory: false);

    public override void RmDir(FuseRequest request, ReadOnlySpan<byte> name) => Remove(request, name, directory: true);

    private void Remove(FuseRequest request, ReadOnlySpan<byte> name, bool directory)
    {
        int errno;
        lock (_gate) errno = TryRemove(_nodes.Find(request.NodeId), name, directory);
        request.ReplyError(errno);
    }

    private int TryRemove(Node? parent, ReadOnlySpan<byte> name, bool directory)
    {
        if (parent?.Entries?.Find(name) is not { } entry) return FuseErrno.ENOENT;
        var node = entry.Node;
        if (directory && !node.IsDirectory) return FuseErrno.ENOTDIR;
        if (!directory && node.IsDirectory) return FuseErrno.EISDIR;
        if (node.Entries is { Count: > 0 }) return FuseErrno.ENOTEMPTY;
        parent.Entries.Remove(entry);
        TouchModified(parent);
        Unname(parent, node);
        return 0;
    }

    /// <summary>Takes a name's link off a node; a directory's own two go with its only name.</summary>
    private void Unname(Node parent, Node node)
    {
        if (node.IsDirectory)
        {
            parent.Attributes.nlink--;
            node.Attributes.nlink = 0;
        }
        else
        {
            node.Attributes.nlink--;
        }
        TouchChanged(node);
        Collect(node);
    }

    private void Make(FuseRequest request, ReadOnlySpan<byte> name, uint mode, uint device, ReadOnlySpan<byte> target)
    {
        fuse_entry_out entry;
        int errno;
        lock (_gate) errno = TryMake(request, name, mode, device, target, out entry);
        if (errno != 0) request.ReplyError(errno);
        else ReplyEntry(request, in entry);
    }

    private int TryMake(FuseRequest request, ReadOnlySpan<byte> name, uint mode, uint device, ReadOnlySpan<byte> target, out fuse_entry_out entry)
    {
        entry = default;
        if (_nodes.Find(request.NodeId) is not { Entries: not null } parent) return FuseErrno.ENOENT;
        if (parent.Entries.Find(name) != null) return FuseErrno.EEXIST;
        if (parent.Attributes.nlink == 0) return FuseErrno.ENOENT;
        if (name.Length > MaxNameBytes) return FuseErrno.ENAMETOOLONG;
        var isDirectory = (mode & FileMode.S_IFMT) == FileMode.S_IFDIR;
        var inheritsGroup = (parent.Attributes.mode & FileMode.S_ISGID) != 0;
        if (inheritsGroup && isDirectory) mode |= FileMode.S_ISGID;
        var node = NewNode(mode, request.Uid, inheritsGroup ? parent.Attributes.gid : request.Gid, device);
        if (node == null) return FuseErrno.ENOSPC;
        if ((mode & FileMode.S_IFMT) == FileMode.S_IFLNK) node.Target = target.ToArray();
        node.Attributes.nlink = isDirectory ? 2u : 1u;
        if (isDirectory)
        {
            node.Parent = parent;
            parent.Attributes.nlink++;
        }
        parent.Entries.Add(name, node);
        TouchModified(parent);
        FillEntry(node, out entry);
        return 0;
    }

    private int TryAddEntry(ulong parentId, ReadOnlySpan<byte> name, Node node)
    {
        if (_nodes.Find(parentId) is not { Entries: not null } parent || parent.Attributes.nlink == 0) return FuseErrno.ENOENT;
        if (name.Length > MaxNameBytes) return FuseErrno.ENAMETOOLONG;
        if (parent.Entries.Find(name) != null) return FuseErrno.EEXIST;
        parent.Entries.Add(name, node);
        TouchModified(parent);
        return 0;
    }

    private void ReplyCreate(FuseRequest request, int errno, in fuse_entry_out entry)
    {
        if (errno != 0)
        {
            request.ReplyError(errno);
            return;
        }
        var nodeId = entry.nodeid;
        if (!request.ReplyCreate(in entry, new fuse_open_out { open_flags = _options.OpenFlags })) Forget(nodeId, 1);
    }
}
