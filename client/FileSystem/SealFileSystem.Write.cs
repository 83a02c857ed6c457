using SealFs.Client.Buffering;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>
/// FUSE_WRITE: copied into the arena and answered at once. The reply waits only while the write buffer is full, and for O_DIRECT, which promises that the
/// servers have the data, and for O_SYNC and O_DSYNC, which promise that their disks have them. A failure of earlier deferred data is told here, once for each handle.
/// </content>
internal sealed partial class SealFileSystem
{
    private const uint FUSE_WRITE_KILL_SUIDGID = 4;
    private const uint O_APPEND = 0x400;
    private const uint O_DSYNC = 0x1000;
    private const uint O_SYNC = 0x101000;

    public override void Write(FuseRequest request, in fuse_write_in input)
    {
        var file = _files.Acquire(InodeOf(request.NodeId));
        var isAppend = (input.flags & O_APPEND) != 0;
        Errno error;
        bool hasToWait;
        lock (file.Gate)
        {
            error = _arena.TellWrite(file, new FileHandle(input.fh));
            hasToWait = !isAppend && WriteBack.MeetsAppends(file, input.offset + input.size);
        }
        if (error == Errno.None && input.offset + input.size > Limits.FileBytes)
            error = Errno.EFBIG;
        if (error != Errno.None)
        {
            _files.Release(file);
            Fail(request, error);
            return;
        }
        var taken = hasToWait ? 0 : isAppend ? Append(request, file) : AcceptRest(request, file, 0);
        if (taken == input.size && (input.flags & O_DIRECT) == 0 && !IsSynchronous(in input))
        {
            _files.Release(file);
            request.ReplyWrite(input.size);
            return;
        }
        FinishWriteAsync(request, file, taken, hasToWait);
    }

    /// <summary>
    /// O_SYNC, O_DSYNC and RWF_DSYNC, all of which the kernel hands over with the flags of a write (fuse_write_flags in fs/fuse/file.c). On the path through its page cache it sends an FUSE_FSYNC after the
    /// write itself (generic_write_sync), past it nothing.
    /// </summary>
    private static bool IsSynchronous(in fuse_write_in input) => (input.flags & O_DSYNC) != 0 && new FileHandle(input.fh).IsDirect;

    private async Detached FinishWriteAsync(FuseRequest request, FileState file, int taken, bool hasToWait)
    {
        var size = (int)request.In<fuse_write_in>().size;
        var isAppend = (request.In<fuse_write_in>().flags & O_APPEND) != 0;
        var handle = new FileHandle(request.In<fuse_write_in>().fh);
        var startedMs = _router.Execution.NowMs;
        var error = hasToWait ? (await _writeBack.DrainAsync(file, commit: false, request)).Status : Errno.None;

        // What is appended is taken as a whole, or the application is told how much of it was.
        while (error == Errno.None && (isAppend ? taken == 0 : taken < size)
            && !(request.IsInterrupted && _router.Execution.NowMs - startedMs >= Limits.InterruptibleAfterMs))
        {
            var room = _writeBack.RoomAsync();
            taken += isAppend ? Append(request, file) : AcceptRest(request, file, taken);
            if (isAppend ? taken == 0 : taken < size)
                await WaitForRoomAsync(room);
        }
        if (taken > 0)
            error = await CompleteWriteAsync(request, file);
        lock (file.Gate)
        {
            var told = error == Errno.EINTR ? Errno.None : _arena.TellWrite(file, handle);
            error = told == Errno.None ? error : told;
        }
        _files.Release(file);
        if (error == Errno.None && taken == 0)
            error = Errno.EINTR;
        if (error == Errno.None)
            request.ReplyWrite((uint)taken);
        else
            Fail(request, error);
    }

    /// <summary>For a moment at most: an interrupt has to be noticed.</summary>
    private async ValueTask WaitForRoomAsync(Task room)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.LongestRetryMs), _router.Execution.Time);
        await room.OrGivenUp(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>What the application's flags promise beyond that its bytes were taken.</summary>
    private async ValueTask<Errno> CompleteWriteAsync(FuseRequest request, FileState file)
    {
        var flags = request.In<fuse_write_in>().flags;
        if (IsSynchronous(in request.In<fuse_write_in>()))
            return await SyncAsync(request, file, dataOnly: (flags & O_SYNC) != O_SYNC);
        return (flags & O_DIRECT) != 0 ? (await _writeBack.DrainAsync(file, commit: true, request)).Status : Errno.None;
    }

    /// <summary>The kernel leaves the mode as it is after a write, and would run the file as its owner for as long as it believes attributes.</summary>
    private void HideSetIds(FileState file, ulong nodeId)
    {
        lock (file.Gate)
            file.ShowsSetIds = false;
        _kernelSizes.DropAttributes(nodeId);
    }

    /// <summary>
    /// O_APPEND. The kernel takes the size that it believes in; where this client knows better, what the kernel has put into its pages is wrong. Where the bytes go in the end is the inode's shard's to say.
    /// </summary>
    private unsafe int Append(FuseRequest request, FileState file)
    {
        ref readonly var input = ref request.In<fuse_write_in>();
        var killSetIds = KillsSetIds(request, file);
        var offset = input.offset;
        var taken = _writeBack.AcceptAppend(file, ref offset, request.Data, (int)input.size, _router.Execution.NowNs, killSetIds, request.StableUnique);
        bool isCached;
        lock (file.Gate)
        {
            isCached = file.MayBeCached || offset != input.offset;
            file.MayBeCached = false;
            if (isCached)
                file.Version = 0;
        }

        // Past the page cache: a page at the end that was read meanwhile has zeros where these bytes are.
        if (isCached)
            _kernelSizes.DropPages(request.NodeId);
        return taken;
    }

    private unsafe int AcceptRest(FuseRequest request, FileState file, int taken)
    {
        ref readonly var input = ref request.In<fuse_write_in>();
        return _writeBack.Accept(file, input.offset + (uint)taken, request.Data + taken, (int)input.size - taken, _router.Execution.NowNs, KillsSetIds(request, file));
    }

    private bool KillsSetIds(FuseRequest request, FileState file)
    {
        var killSetIds = (request.In<fuse_write_in>().write_flags & FUSE_WRITE_KILL_SUIDGID) != 0;
        if (killSetIds && file.ShowsSetIds)
            HideSetIds(file, request.NodeId);
        return killSetIds;
    }
}
