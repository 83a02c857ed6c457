using System.Runtime.CompilerServices;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Session;

/// <summary>Turns a request into the call of the file system's method. Nothing here waits or allocates.</summary>
internal sealed unsafe class FuseDispatcher(FuseFileSystem fileSystem, RequestPool pool)
{
    public void Dispatch(FuseWorker worker, FuseRequest request)
    {
        var unique = request.Unique;
        var opcode = request.Opcode;
        worker.Current = request;
        try
        {
            Invoke(request, opcode);
        }
        catch (Exception exception)
        {
            pool.Observer?.HandlerFailed(opcode, unique, exception);
            request.FailIfUnanswered(unique, FuseErrno.EIO);
        }
        finally
        {
            worker.Current = null;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Invoke(FuseRequest request, FuseOpcode opcode)
    {
        switch (opcode)
        {
            case FuseOpcode.FUSE_LOOKUP: fileSystem.Lookup(request, request.Name); break;
            case FuseOpcode.FUSE_GETATTR: fileSystem.GetAttr(request, in request.In<fuse_getattr_in>()); break;
            case FuseOpcode.FUSE_SETATTR: fileSystem.SetAttr(request, in request.In<fuse_setattr_in>()); break;
            case FuseOpcode.FUSE_READLINK: fileSystem.ReadLink(request); break;
            case FuseOpcode.FUSE_SYMLINK: fileSystem.Symlink(request, request.Name, request.Name2); break;
            case FuseOpcode.FUSE_MKNOD: fileSystem.MkNod(request, in request.In<fuse_mknod_in>(), request.Name); break;
            case FuseOpcode.FUSE_MKDIR: fileSystem.MkDir(request, in request.In<fuse_mkdir_in>(), request.Name); break;
            case FuseOpcode.FUSE_UNLINK: fileSystem.Unlink(request, request.Name); break;
            case FuseOpcode.FUSE_RMDIR: fileSystem.RmDir(request, request.Name); break;
            case FuseOpcode.FUSE_RENAME: Rename(request); break;
            case FuseOpcode.FUSE_RENAME2: fileSystem.Rename(request, in request.In<fuse_rename2_in>(), request.Name, request.Name2); break;
            case FuseOpcode.FUSE_LINK: fileSystem.Link(request, in request.In<fuse_link_in>(), request.Name); break;
            case FuseOpcode.FUSE_OPEN: fileSystem.Open(request, in request.In<fuse_open_in>()); break;
            case FuseOpcode.FUSE_READ: fileSystem.Read(request, in request.In<fuse_read_in>()); break;
            case FuseOpcode.FUSE_WRITE: fileSystem.Write(request, in request.In<fuse_write_in>()); break;
            case FuseOpcode.FUSE_RELEASE: fileSystem.Release(request, in request.In<fuse_release_in>()); break;
            case FuseOpcode.FUSE_FSYNC: fileSystem.FSync(request, in request.In<fuse_fsync_in>()); break;
            case FuseOpcode.FUSE_FLUSH: fileSystem.Flush(request, in request.In<fuse_flush_in>()); break;
            case FuseOpcode.FUSE_CREATE: fileSystem.Create(request, in request.In<fuse_create_in>(), request.Name); break;
            case FuseOpcode.FUSE_TMPFILE: fileSystem.Tmpfile(request, in request.In<fuse_create_in>()); break;
            case FuseOpcode.FUSE_OPENDIR: fileSystem.OpenDir(request, in request.In<fuse_open_in>()); break;
            case FuseOpcode.FUSE_READDIR: fileSystem.ReadDir(request, in request.In<fuse_read_in>()); break;
            case FuseOpcode.FUSE_READDIRPLUS: fileSystem.ReadDirPlus(request, in request.In<fuse_read_in>()); break;
            case FuseOpcode.FUSE_RELEASEDIR: fileSystem.ReleaseDir(request, in request.In<fuse_release_in>()); break;
            case FuseOpcode.FUSE_FSYNCDIR: fileSystem.FSyncDir(request, in request.In<fuse_fsync_in>()); break;
            case FuseOpcode.FUSE_FORGET: Forget(request); break;
            case FuseOpcode.FUSE_BATCH_FORGET: BatchForget(request); break;
            case FuseOpcode.FUSE_INTERRUPT: Interrupt(request); break;
            default: InvokeRare(request, opcode); break;
        }
    }

    private void InvokeRare(FuseRequest request, FuseOpcode opcode)
    {
        switch (opcode)
        {
            case FuseOpcode.FUSE_STATFS: fileSystem.StatFs(request); break;
            case FuseOpcode.FUSE_STATX: fileSystem.Statx(request, in request.In<fuse_statx_in>()); break;
            case FuseOpcode.FUSE_ACCESS: fileSystem.Access(request, in request.In<fuse_access_in>()); break;
            case FuseOpcode.FUSE_SETXATTR: fileSystem.SetXattr(request, in request.In<fuse_setxattr_in>(), request.Name); break;
            case FuseOpcode.FUSE_GETXATTR: fileSystem.GetXattr(request, in request.In<fuse_getxattr_in>(), request.Name); break;
            case FuseOpcode.FUSE_LISTXATTR: fileSystem.ListXattr(request, in request.In<fuse_getxattr_in>()); break;
            case FuseOpcode.FUSE_REMOVEXATTR: fileSystem.RemoveXattr(request, request.Name); break;
            case FuseOpcode.FUSE_GETLK: fileSystem.GetLk(request, in request.In<fuse_lk_in>()); break;
            case FuseOpcode.FUSE_SETLK: fileSystem.SetLk(request, in request.In<fuse_lk_in>(), wait: false); break;
            case FuseOpcode.FUSE_SETLKW: fileSystem.SetLk(request, in request.In<fuse_lk_in>(), wait: true); break;
            case FuseOpcode.FUSE_FALLOCATE: fileSystem.FAllocate(request, in request.In<fuse_fallocate_in>()); break;
            case FuseOpcode.FUSE_LSEEK: fileSystem.LSeek(request, in request.In<fuse_lseek_in>()); break;
            case FuseOpcode.FUSE_COPY_FILE_RANGE:
            case FuseOpcode.FUSE_COPY_FILE_RANGE_64: fileSystem.CopyFileRange(request, in request.In<fuse_copy_file_range_in>()); break;
            case FuseOpcode.FUSE_BMAP: fileSystem.BMap(request, in request.In<fuse_bmap_in>()); break;
            case FuseOpcode.FUSE_IOCTL: fileSystem.Ioctl(request, in request.In<fuse_ioctl_in>()); break;
            case FuseOpcode.FUSE_POLL: fileSystem.Poll(request, in request.In<fuse_poll_in>()); break;
            case FuseOpcode.FUSE_SYNCFS: fileSystem.SyncFs(request); break;
            case FuseOpcode.FUSE_DESTROY: request.ReplyEmpty(); break;
            case FuseOpcode.FUSE_NOTIFY_REPLY: request.ReplyNone(); break;
            default: fileSystem.Unknown(request); break;
        }
    }

    /// <summary>FUSE_RENAME has no flags; the names lie behind a shorter structure and are parsed already.</summary>
    private void Rename(FuseRequest request)
    {
        var input = new fuse_rename2_in { newdir = request.In<fuse_rename_in>().newdir };
        fileSystem.Rename(request, in input, request.Name, request.Name2);
    }

    private void Forget(FuseRequest request)
    {
        fileSystem.Forget(request.NodeId, request.In<fuse_forget_in>().nlookup);
        request.ReplyNone();
    }

    private void BatchForget(FuseRequest request)
    {
        var count = Math.Min((int)request.In<fuse_batch_forget_in>().count, request.DataLength / sizeof(fuse_forget_one));
        var pairs = (fuse_forget_one*)request.Data;
        for (var i = 0; i < count; i++) fileSystem.Forget(pairs[i].nodeid, pairs[i].nlookup);
        request.ReplyNone();
    }

    /// <summary>
    /// No reply is owed. EAGAIN would ask the kernel to send it again, for a target that is on its way to another worker;
    /// <see cref="EarlyInterrupts"/> covers that without a second trip.
    /// </summary>
    private void Interrupt(FuseRequest request)
    {
        pool.Interrupt(request.In<fuse_interrupt_in>().unique & ~FuseProtocol.FUSE_UNIQUE_RESEND);
        request.ReplyNone();
    }
}
