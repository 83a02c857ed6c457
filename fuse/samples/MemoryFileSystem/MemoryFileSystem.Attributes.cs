using SealFs.Fuse.Abi;

namespace SealFs.Fuse.MemoryFs;

/// <content>Attributes and extended attributes.</content>
public sealed partial class MemoryFileSystem
{
    private const uint XATTR_CREATE = 1;
    private const uint XATTR_REPLACE = 2;

    public override void GetAttr(FuseRequest request, in fuse_getattr_in input)
    {
        if (_nodes.Find(request.NodeId) is not { } node)
        {
            request.ReplyError(FuseErrno.ESTALE);
            return;
        }
        fuse_attr_out output;
        lock (_gate) FillOutput(node, out output);
        request.ReplyAttr(in output);
    }

    public override void SetAttr(FuseRequest request, in fuse_setattr_in input)
    {
        if (_nodes.Find(request.NodeId) is not { } node)
        {
            request.ReplyError(FuseErrno.ESTALE);
            return;
        }
        if (Has(input.valid, FuseSetAttrValid.FATTR_SIZE) && TruncateError(node, input.size) is not 0 and var errno)
        {
            request.ReplyError(errno);
            return;
        }
        fuse_attr_out output;
        lock (_gate)
        {
            Change(ref node.Attributes, in input);
            if ((input.valid & (FuseSetAttrValid.FATTR_SIZE | FuseSetAttrValid.FATTR_MTIME)) == FuseSetAttrValid.FATTR_SIZE) TouchModified(node);
            TouchChanged(node);
            FillOutput(node, out output);
        }
        request.ReplyAttr(in output);
    }

    public override void Access(FuseRequest request, in fuse_access_in input) => request.ReplyEmpty();

    public override unsafe void SetXattr(FuseRequest request, in fuse_setxattr_in input, ReadOnlySpan<byte> name)
    {
        var value = new ReadOnlySpan<byte>(request.Data, (int)input.size).ToArray();
        var key = name.ToArray();
        var errno = 0;
        lock (_gate)
        {
            if (_nodes.Find(request.NodeId) is not { } node) errno = FuseErrno.ESTALE;
            else if (input.flags == XATTR_CREATE && node.ExtendedAttributes?.ContainsKey(key) == true) errno = FuseErrno.EEXIST;
            else if (input.flags == XATTR_REPLACE && node.ExtendedAttributes?.ContainsKey(key) != true) errno = FuseErrno.ENODATA;
            else StoreXattr(node, key, value);
        }
        request.ReplyError(errno);
    }

    public override void GetXattr(FuseRequest request, in fuse_getxattr_in input, ReadOnlySpan<byte> name)
    {
        byte[]? value = null;
        lock (_gate)
        {
            if (_nodes.Find(request.NodeId)?.ExtendedAttributes is { } all) all.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out value);
        }
        if (value == null) request.ReplyError(FuseErrno.ENODATA);
        else ReplyXattr(request, value, input.size);
    }

    public override void ListXattr(FuseRequest request, in fuse_getxattr_in input)
    {
        byte[] names;
        lock (_gate)
        {
            var all = _nodes.Find(request.NodeId)?.ExtendedAttributes;
            names = all == null ? [] : all.Keys.SelectMany(key => key.Append((byte)0)).ToArray();
        }
        ReplyXattr(request, names, input.size);
    }

    public override void RemoveXattr(FuseRequest request, ReadOnlySpan<byte> name)
    {
        bool removed;
        lock (_gate)
        {
            var node = _nodes.Find(request.NodeId);
            removed = node?.ExtendedAttributes?.Remove(name.ToArray()) == true;
            if (removed) TouchChanged(node!);
        }
        request.ReplyError(removed ? 0 : FuseErrno.ENODATA);
    }

    private static void StoreXattr(Node node, byte[] key, byte[] value)
    {
        (node.ExtendedAttributes ??= new Dictionary<byte[], byte[]>(NameComparer.Instance))[key] = value;
        TouchChanged(node);
    }

    private static void ReplyXattr(FuseRequest request, byte[] value, uint room)
    {
        if (room == 0) request.ReplyXattrSize((uint)value.Length);
        else if (room < value.Length) request.ReplyError(FuseErrno.ERANGE);
        else request.ReplyBytes(value);
    }

    private static int TruncateError(Node node, ulong size)
    {
        if (node.Content is not { } content) return FuseErrno.EINVAL;
        if (size > FileContent.MaxLength) return FuseErrno.EFBIG;
        lock (content) content.SetLength((long)size);
        return 0;
    }

    /// <summary>Other than Enum.HasFlag this never boxes, optimized or not.</summary>
    private static bool Has(FuseSetAttrValid valid, FuseSetAttrValid flag) => (valid & flag) != 0;

    private static void Change(ref fuse_attr attributes, in fuse_setattr_in input)
    {
        var valid = input.valid;
        if (Has(valid, FuseSetAttrValid.FATTR_MODE))
            attributes.mode = (attributes.mode & FileMode.S_IFMT) | (input.mode & FileMode.PermissionBits);
        if (Has(valid, FuseSetAttrValid.FATTR_UID)) attributes.uid = input.uid;
        if (Has(valid, FuseSetAttrValid.FATTR_GID)) attributes.gid = input.gid;
        if (Has(valid, FuseSetAttrValid.FATTR_ATIME_NOW)) SetTime(Now(), out attributes.atime, out attributes.atimensec);
        else if (Has(valid, FuseSetAttrValid.FATTR_ATIME)) (attributes.atime, attributes.atimensec) = (input.atime, input.atimensec);
        if (Has(valid, FuseSetAttrValid.FATTR_MTIME_NOW)) SetTime(Now(), out attributes.mtime, out attributes.mtimensec);
        else if (Has(valid, FuseSetAttrValid.FATTR_MTIME)) (attributes.mtime, attributes.mtimensec) = (input.mtime, input.mtimensec);
    }

    private void FillOutput(Node node, out fuse_attr_out output)
    {
        output = new fuse_attr_out { attr_valid = _entryTemplate.attr_valid, attr_valid_nsec = _entryTemplate.attr_valid_nsec };
        FillAttributes(node, out output.attr);
    }
}
