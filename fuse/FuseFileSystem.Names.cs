using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <content>Directories and their entries. <see cref="FuseRequest.NodeId"/> is the directory.</content>
public abstract partial class FuseFileSystem
{
    /// <summary>Reply with ReplyEntry; node id 0 says that the name does not exist and that this may be cached.</summary>
    public virtual void Lookup(FuseRequest request, ReadOnlySpan<byte> name) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEntry.</summary>
    public virtual void Symlink(FuseRequest request, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyBytes: the target, without NUL. NodeId is the link.</summary>
    public virtual void ReadLink(FuseRequest request) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEntry.</summary>
    public virtual void MkNod(FuseRequest request, in fuse_mknod_in input, ReadOnlySpan<byte> name) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEntry.</summary>
    public virtual void MkDir(FuseRequest request, in fuse_mkdir_in input, ReadOnlySpan<byte> name) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEmpty.</summary>
    public virtual void Unlink(FuseRequest request, ReadOnlySpan<byte> name) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEmpty.</summary>
    public virtual void RmDir(FuseRequest request, ReadOnlySpan<byte> name) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>
    /// FUSE_RENAME (flags 0) and FUSE_RENAME2 (RENAME_NOREPLACE 1, RENAME_EXCHANGE 2, RENAME_WHITEOUT 4). NodeId is the old directory,
    /// <c>input.newdir</c> the new one. Reply with ReplyEmpty.
    /// </summary>
    public virtual void Rename(FuseRequest request, in fuse_rename2_in input, ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName) =>
        request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEntry. NodeId is the new directory, <c>input.oldnodeid</c> the file.</summary>
    public virtual void Link(FuseRequest request, in fuse_link_in input, ReadOnlySpan<byte> newName) =>
        request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyOpen. ENOSYS is remembered: the kernel then opens directories on its own.</summary>
    public virtual void OpenDir(FuseRequest request, in fuse_open_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Fill <see cref="FuseRequest.ReplyBuffer"/> with a <see cref="FuseDirectoryWriter"/> of <c>input.size</c> bytes; nothing written ends the listing.</summary>
    public virtual void ReadDir(FuseRequest request, in fuse_read_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>The same with entries that are lookups too: each that has a node id counts as one reference.</summary>
    public virtual void ReadDirPlus(FuseRequest request, in fuse_read_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEmpty.</summary>
    public virtual void ReleaseDir(FuseRequest request, in fuse_release_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEmpty.</summary>
    public virtual void FSyncDir(FuseRequest request, in fuse_fsync_in input) => request.ReplyError(FuseErrno.ENOSYS);
}
