using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>FUSE_FLUSH (close: everything reaches the servers, so that who opens next sees it), FUSE_FSYNC and FUSE_FSYNCDIR (and their disks).</content>
internal sealed partial class SealFileSystem
{
    private const uint FUSE_FSYNC_FDATASYNC = 1;

    public override void Flush(FuseRequest request, in fuse_flush_in input)
    {
        if (_files.Find(InodeOf(request.NodeId)) is not { } file)
        {
            request.ReplyEmpty();
            return;
        }
        FlushAsync(request, file);
    }

    public override void FSync(FuseRequest request, in fuse_fsync_in input) =>
        FSyncAsync(request, _files.Acquire(InodeOf(request.NodeId)), (input.fsync_flags & FUSE_FSYNC_FDATASYNC) != 0);

    public override void FSyncDir(FuseRequest request, in fuse_fsync_in input) =>
        FSyncDirAsync(Begin(request), request, (input.fsync_flags & FUSE_FSYNC_FDATASYNC) != 0);

    private async Detached FlushAsync(FuseRequest request, Buffering.FileState file)
    {
        await _writeBack.DrainAsync(file, commit: true);
        Errno error;
        lock (file.Gate)
            error = file.TakeError();
        _files.Release(file);
        Fail(request, error);
    }

    private async Detached FSyncAsync(FuseRequest request, Buffering.FileState file, bool dataOnly)
    {
        var heard = await _writeBack.DrainToSyncAsync(file);
        Errno error;
        lock (file.Gate)
            error = file.TakeError();
        if (error == Errno.None)
            error = await _writeBack.SyncAsync(file, dataOnly, heard);
        _files.Release(file);
        Fail(request, error);
    }

    private async Detached FSyncDirAsync(RoutedCall call, FuseRequest request, bool dataOnly)
    {
        var directory = InodeOf(request.NodeId);
        call.Encode(new FsyncRequest(directory, dataOnly));
        using var answer = await call.SendAsync(Opcode.Fsync, directory.Shard);
        Fail(request, answer.Status == Errno.ENOENT && TryGetRemovedDirectory(request, out _) ? Errno.None : answer.Status);
    }
}
