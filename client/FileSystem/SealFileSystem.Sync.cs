using SealFs.Client.Buffering;
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
        FlushAsync(request, file, new FileHandle(input.fh));
    }

    public override void FSync(FuseRequest request, in fuse_fsync_in input) =>
        FSyncAsync(request, _files.Acquire(InodeOf(request.NodeId)), new FileHandle(input.fh), (input.fsync_flags & FUSE_FSYNC_FDATASYNC) != 0);

    public override void FSyncDir(FuseRequest request, in fuse_fsync_in input) =>
        FSyncDirAsync(Begin(request), request, (input.fsync_flags & FUSE_FSYNC_FDATASYNC) != 0);

    private async Detached FlushAsync(FuseRequest request, FileState file, FileHandle handle)
    {
        var drained = await _writeBack.DrainAsync(file, commit: true, request);
        var error = drained.Status;
        lock (file.Gate)
            error = error == Errno.None ? _arena.TellFlush(file, handle) : error;
        _files.Release(file);
        Fail(request, error);
    }

    private async Detached FSyncAsync(FuseRequest request, FileState file, FileHandle handle, bool dataOnly)
    {
        var error = await SyncAsync(request, file, dataOnly);
        lock (file.Gate)
        {
            // A failure of a write is told before one of the sync: the sync fails again until it is mended.
            var told = error == Errno.EINTR ? Errno.None : _arena.TellSync(file, handle);
            error = told == Errno.None ? error : told;
        }
        _files.Release(file);
        Fail(request, error);
    }

    /// <summary>Everything that is dirty goes to the servers, and everything they have of the file to their disks. Failed writes are told by the caller.</summary>
    private async ValueTask<Errno> SyncAsync(FuseRequest request, FileState file, bool dataOnly)
    {
        var drained = await _writeBack.DrainToSyncAsync(file, request);
        return drained.Status == Errno.None ? await _writeBack.SyncAsync(file, dataOnly, drained, request) : drained.Status;
    }

    /// <summary>
    /// The node of a directory syncs everything that belongs to it, on other nodes too. The shards that have acknowledged changes to this client say besides whether they may have lost them since, with the power:
    /// EIO then, once.
    /// </summary>
    private async Detached FSyncDirAsync(RoutedCall call, FuseRequest request, bool dataOnly)
    {
        var directory = InodeOf(request.NodeId);
        var before = _arena.NextOrder();
        var others = _arena.UnsyncedShards(directory).Where(shard => shard != directory.Shard).Select(shard => SettleNamesAsync(request, directory, shard, before)).ToList();
        call.Encode(new FsyncRequest(directory, dataOnly));
        using var answer = await call.SendAsync(Opcode.Fsync, directory.Shard);
        var status = answer.Status == Errno.ENOENT && TryGetRemovedDirectory(request, out _) ? Errno.None : answer.Status;
        if (answer.Succeeded && _arena.SettleUnsynced(directory, directory.Shard, answer.Verifier, before) != Loss.None)
            status = Errno.EIO;
        foreach (var other in others)
            status = await other is var outcome && status == Errno.None ? outcome : status;
        Fail(request, status);
    }

    private async Task<Errno> SettleNamesAsync(FuseRequest request, InodeId directory, ShardId shard, ulong before)
    {
        var call = Begin(request);
        call.Encode(new FsyncRequest(directory, DataOnly: true, LogOnly: true));
        using var answer = await call.SendAsync(Opcode.Fsync, shard);
        return answer.Succeeded && _arena.SettleUnsynced(directory, shard, answer.Verifier, before) != Loss.None ? Errno.EIO : answer.Status;
    }

    /// <summary>A shard has changed a directory's names, or attributes of something, and may lose that until it is synced.</summary>
    private void NoteUnsynced(InodeId inode, in Answer answer)
    {
        if (answer.Succeeded)
            _arena.NoteUnkept(inode, answer.Shard, answer.Verifier);
    }
}
