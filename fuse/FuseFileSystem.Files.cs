using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <content>Files and their data. <see cref="FuseRequest.NodeId"/> is the file, except in Create and Tmpfile, where it is the directory.</content>
public abstract partial class FuseFileSystem
{
    /// <summary>Reply with ReplyOpen. ENOSYS is remembered: the kernel then opens files on its own, for the life of the mount.</summary>
    public virtual void Open(FuseRequest request, in fuse_open_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Make and open a file. Reply with ReplyCreate. ENOSYS is remembered: the kernel then sends MKNOD and OPEN.</summary>
    public virtual void Create(FuseRequest request, in fuse_create_in input, ReadOnlySpan<byte> name) =>
        request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Make and open a file without a name (O_TMPFILE). Reply with ReplyCreate.</summary>
    public virtual void Tmpfile(FuseRequest request, in fuse_create_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyBytes, ReplyVectored or ReplyFromBuffer; fewer bytes than asked for mean the end of the file.</summary>
    public virtual void Read(FuseRequest request, in fuse_read_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>The bytes are <see cref="FuseRequest.Data"/>. Reply with ReplyWrite.</summary>
    public virtual void Write(FuseRequest request, in fuse_write_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>A descriptor was closed (there may be others of the same open file). Reply with ReplyEmpty; an error is what close(2) returns.</summary>
    public virtual void Flush(FuseRequest request, in fuse_flush_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>The open file is gone. Reply with ReplyEmpty; nobody sees an error.</summary>
    public virtual void Release(FuseRequest request, in fuse_release_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEmpty when the file is on stable storage.</summary>
    public virtual void FSync(FuseRequest request, in fuse_fsync_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEmpty.</summary>
    public virtual void FAllocate(FuseRequest request, in fuse_fallocate_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>SEEK_DATA (3) and SEEK_HOLE (4) only. Reply with ReplyLseek.</summary>
    public virtual void LSeek(FuseRequest request, in fuse_lseek_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>
    /// FUSE_COPY_FILE_RANGE and FUSE_COPY_FILE_RANGE_64. Reply with <see cref="FuseRequest.ReplyCopied"/>.
    /// </summary>
    public virtual void CopyFileRange(FuseRequest request, in fuse_copy_file_range_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyLock. Sent only when FUSE_POSIX_LOCKS or FUSE_FLOCK_LOCKS was negotiated.</summary>
    public virtual void GetLk(FuseRequest request, in fuse_lk_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyEmpty, or EAGAIN when the lock is taken; with <paramref name="wait"/> (FUSE_SETLKW) reply when it is granted.</summary>
    public virtual void SetLk(FuseRequest request, in fuse_lk_in input, bool wait) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyBmap.</summary>
    public virtual void BMap(FuseRequest request, in fuse_bmap_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>The input is <see cref="FuseRequest.Data"/>. Reply with ReplyIoctl.</summary>
    public virtual void Ioctl(FuseRequest request, in fuse_ioctl_in input) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with ReplyPoll.</summary>
    public virtual void Poll(FuseRequest request, in fuse_poll_in input) => request.ReplyError(FuseErrno.ENOSYS);
}
