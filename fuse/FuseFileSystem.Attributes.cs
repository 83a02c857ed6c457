using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <content>Attributes of the node <see cref="FuseRequest.NodeId"/>.</content>
public abstract partial class FuseFileSystem
{
    /// <summary>Reply with ReplyAttr.</summary>
    public virtual void GetAttr(FuseRequest request, in fuse_getattr_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>chmod, chown, truncate, utimens. Reply with ReplyAttr: the attributes afterwards.</summary>
    public virtual void SetAttr(FuseRequest request, in fuse_setattr_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyStatx. ENOSYS is remembered: the kernel then sends GETATTR.</summary>
    public virtual void Statx(FuseRequest request, in fuse_statx_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Not sent with <c>default_permissions</c>. Reply with ReplyEmpty or EACCES.</summary>
    public virtual void Access(FuseRequest request, in fuse_access_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>The value is <see cref="FuseRequest.Data"/>. Reply with ReplyEmpty.</summary>
    public virtual void SetXattr(FuseRequest request, in fuse_setxattr_in input, ReadOnlySpan<byte> name) =>
        request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyBytes, with ReplyXattrSize when <c>input.size</c> is 0, with ERANGE when it is too small, with ENODATA when there is none.</summary>
    public virtual void GetXattr(FuseRequest request, in fuse_getxattr_in input, ReadOnlySpan<byte> name) =>
        request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>The names, each ended by NUL. Reply as in <see cref="GetXattr"/>.</summary>
    public virtual void ListXattr(FuseRequest request, in fuse_getxattr_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEmpty.</summary>
    public virtual void RemoveXattr(FuseRequest request, ReadOnlySpan<byte> name) => request.ReplyError(FuseErrno.ENOSYS);
}
