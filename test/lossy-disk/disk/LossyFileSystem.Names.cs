using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.LossyDisk;

/// <content>Names. Each change is made at once, and noted for the disk.</content>
internal sealed partial class LossyFileSystem
{
    private const uint RENAME_NOREPLACE = 1;

    public override void Lookup(FuseRequest request, ReadOnlySpan<byte> name)
    {
        fuse_entry_out entry = default;
        var errno = FuseErrno.ENOENT;
        lock (_gate)
        {
            if (Find(request.NodeId)?.Find(Text(name)) is { } node)
            {
                entry = Entry(node);
                errno = 0;
            }
        }

        ReplyEntry(request, errno, in entry);
    }

    public override void MkNod(FuseRequest request, in fuse_mknod_in input, ReadOnlySpan<byte> name) => MakeAndReply(request, "create", name, input.mode, []);

    public override void MkDir(FuseRequest request, in fuse_mkdir_in input, ReadOnlySpan<byte> name) => MakeAndReply(request, "mkdir", name, (input.mode & 0xFFF) | 0x4000, []);

    public override void Symlink(FuseRequest request, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) => MakeAndReply(request, "create", name, 0xA000 | 0x1FF, target.ToArray());

    public override void ReadLink(FuseRequest request)
    {
        byte[]? target;
        lock (_gate)
            target = Find(request.NodeId)?.Target;
        if (target is null)
            request.ReplyError(FuseErrno.ESTALE);
        else
            request.ReplyBytes(target);
    }

    public override void Create(FuseRequest request, in fuse_create_in input, ReadOnlySpan<byte> name)
    {
        var errno = Make(request, "create", name, input.mode, [], out var entry);
        if (errno != 0)
            request.ReplyError(errno);
        else if (!request.ReplyCreate(in entry, new fuse_open_out { open_flags = FuseOpenFlags.FOPEN_DIRECT_IO }))
            Forget(entry.nodeid, 1);
    }

    public override void Link(FuseRequest request, in fuse_link_in input, ReadOnlySpan<byte> newName)
    {
        fuse_entry_out entry = default;
        var errno = 0;
        var name = Text(newName);
        lock (_gate)
        {
            if (Find(input.oldnodeid) is not { } node || Find(request.NodeId) is not { } parent)
            {
                errno = FuseErrno.ESTALE;
            }
            else if (parent.Find(name) is not null)
            {
                errno = FuseErrno.EEXIST;
            }
            else
            {
                node.Attributes.nlink++;
                parent.Add(name, node, ++_lastCookie);
                var (parentId, id, links) = (parent.Id, node.Id, node.Attributes.nlink);
                _disk.Note(disk =>
                {
                    disk.Find(parentId)!.Entries[name] = id;
                    SetLinks(disk, id, links);
                });
                entry = Entry(node);
            }
        }

        ReplyEntry(request, errno, in entry);
    }

    public override void Unlink(FuseRequest request, ReadOnlySpan<byte> name) => RemoveAndReply(request, "unlink", name, directory: false);

    public override void RmDir(FuseRequest request, ReadOnlySpan<byte> name) => RemoveAndReply(request, "rmdir", name, directory: true);

    public override void Rename(FuseRequest request, in fuse_rename2_in input, ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName)
    {
        var (from, to) = (Text(oldName), Text(newName));
        if (Faults.Meet("rename", PathOf(request.NodeId, from)) is { Errno: not 0 } fault)
        {
            request.ReplyError(fault.Errno);
            return;
        }

        int errno;
        lock (_gate)
            errno = Move(Find(request.NodeId), from, Find(input.newdir), to, input.flags);
        request.ReplyError(errno);
    }

    private int Move(Node? oldParent, string from, Node? newParent, string to, uint flags)
    {
        if (flags is not (0 or RENAME_NOREPLACE))
            return FuseErrno.EINVAL;
        if (oldParent?.Find(from) is not { } node || newParent is null)
            return FuseErrno.ENOENT;
        var replaced = newParent.Find(to);
        if (replaced == node)
            return 0;
        if (replaced is not null && flags == RENAME_NOREPLACE)
            return FuseErrno.EEXIST;
        if (replaced is { IsDirectory: true, Listing.Count: > 0 })
            return FuseErrno.ENOTEMPTY;
        oldParent.Remove(from);
        if (replaced is not null)
        {
            newParent.Remove(to);
            DropLink(replaced);
        }

        newParent.Add(to, node, ++_lastCookie);
        var (oldId, newId, id) = (oldParent.Id, newParent.Id, node.Id);
        _disk.Note(disk =>
        {
            disk.Find(oldId)!.Entries.Remove(from);
            disk.Find(newId)!.Entries[to] = id;
        });
        if (replaced is not null)
            Collect(replaced);
        return 0;
    }

    private void MakeAndReply(FuseRequest request, string operation, ReadOnlySpan<byte> name, uint mode, byte[] target)
    {
        var errno = Make(request, operation, name, mode, target, out var entry);
        ReplyEntry(request, errno, in entry);
    }

    private int Make(FuseRequest request, string operation, ReadOnlySpan<byte> nameBytes, uint mode, byte[] target, out fuse_entry_out entry)
    {
        entry = default;
        var name = Text(nameBytes);
        if (Faults.Meet(operation, PathOf(request.NodeId, name)) is { Errno: not 0 } fault)
            return fault.Errno;
        lock (_gate)
        {
            if (Find(request.NodeId) is not { } parent)
                return FuseErrno.ESTALE;
            if (parent.Find(name) is not null)
                return FuseErrno.EEXIST;
            var id = ++_lastId;
            var node = new Node(id, NewAttributes(mode, request.Uid, request.Gid, id, (mode & 0xF000) == 0x4000 ? 2u : 1u)) { Target = target };
            _nodes[id] = node;
            parent.Add(name, node, ++_lastCookie);
            SetNow(ref parent.Attributes);
            var (parentId, attributes) = (parent.Id, node.Attributes);
            _disk.Note(disk =>
            {
                disk.Make(id, attributes, target);
                disk.Find(parentId)!.Entries[name] = id;
            });
            entry = Entry(node);
            return 0;
        }
    }

    private void RemoveAndReply(FuseRequest request, string operation, ReadOnlySpan<byte> nameBytes, bool directory)
    {
        var name = Text(nameBytes);
        if (Faults.Meet(operation, PathOf(request.NodeId, name)) is { Errno: not 0 } fault)
        {
            request.ReplyError(fault.Errno);
            return;
        }

        int errno;
        lock (_gate)
            errno = Remove(Find(request.NodeId), name, directory);
        request.ReplyError(errno);
    }

    private int Remove(Node? parent, string name, bool directory)
    {
        if (parent?.Find(name) is not { } node)
            return FuseErrno.ENOENT;
        if (node.IsDirectory != directory)
            return directory ? FuseErrno.ENOTDIR : FuseErrno.EISDIR;
        if (node.Listing.Count > 0)
            return FuseErrno.ENOTEMPTY;
        parent.Remove(name);
        var parentId = parent.Id;
        _disk.Note(disk => disk.Find(parentId)!.Entries.Remove(name));
        DropLink(node);
        Collect(node);
        return 0;
    }

    private void DropLink(Node node)
    {
        node.Attributes.nlink = node.IsDirectory ? 0 : node.Attributes.nlink - 1;
        var (id, links) = (node.Id, node.Attributes.nlink);
        _disk.Note(disk => SetLinks(disk, id, links));
    }

    private static void SetLinks(DurableTree disk, ulong id, uint links)
    {
        if (disk.Find(id) is not { } node)
            return;
        var attributes = node.Attributes;
        attributes.nlink = links;
        node.Attributes = attributes;
    }
}
