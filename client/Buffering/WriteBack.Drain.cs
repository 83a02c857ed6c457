using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Fuse;

namespace SealFs.Client.Buffering;

/// <content>Waiting for dirty data to reach the servers: close, fsync, truncation, age. What fsync does after that is in .Sync.</content>
internal sealed partial class WriteBack
{
    /// <summary>
    /// Completes when everything that is dirty now has reached the servers; with <paramref name="commit"/> its size and time too. Failures are in
    /// <see cref="FileState.Errors"/>. While a node is away it waits, until the kernel request is interrupted. The caller holds a pin.
    /// </summary>
    public ValueTask<Drained> DrainAsync(FileState file, bool commit, FuseRequest? request = null) => DrainAsync(file, commit, sync: false, request);

    /// <summary>
    /// As <see cref="DrainAsync(FileState, bool, FuseRequest?)"/>, on the way to <see cref="SyncAsync"/>: the last write asks for the sync as well where that saves a request.
    /// </summary>
    public ValueTask<Drained> DrainToSyncAsync(FileState file, FuseRequest? request = null) => DrainAsync(file, commit: true, sync: true, request);

    private ValueTask<Drained> DrainAsync(FileState file, bool commit, bool sync, FuseRequest? request)
    {
        DrainWaiter waiter;
        lock (file.Gate)
        {
            if (commit ? !file.IsDirty : file.Extents.Count == 0)
                return new ValueTask<Drained>(new Drained { LossCount = file.LossCount });
            waiter = _freeWaiters.TryDequeue(out var pooled) ? pooled : new DrainWaiter(this);
            waiter.Begin(file.Extents.Count > 0 ? file.Extents[^1].Order : 0, commit, sync, request, file.LossCount, _router.Execution.NowMs);
            waiter.Next = file.Waiters;
            file.Waiters = waiter;
            file.SendUpTo = Math.Max(file.SendUpTo, waiter.UpTo);
        }
        var task = waiter.Task;
        Pump(file);
        return task;
    }

    /// <summary>Sends what has been dirty for long. Called by a timer.</summary>
    public void SendAged()
    {
        var bound = _router.Execution.NowMs - Limits.DirtyAgeMs;
        foreach (var file in DirtyFiles(static (file, bound) => file.DirtySinceMs <= bound, bound))
            DrainAndReleaseAsync(file);
    }

    /// <summary>Lets go those whose kernel request was interrupted: what they wait for may take as long as a node is away. Called by a timer.</summary>
    public void ReleaseInterrupted()
    {
        var bound = _router.Execution.NowMs - Limits.InterruptibleAfterMs;
        foreach (var file in DirtyFiles(static (file, _) => file.Waiters is not null, 0))
        {
            while (TakeInterrupted(file, bound) is { } waiter)
                waiter.Complete(Errno.EINTR);
            _files.Release(file);
        }
    }

    /// <summary>Completes when nothing is dirty any more, or all that could not be written was given up.</summary>
    public async Task DrainAllAsync(CancellationToken cancellation)
    {
        while (DirtyFiles(static (_, _) => true, 0) is { Count: > 0 } dirty)
        {
            foreach (var file in dirty)
            {
                await DrainAsync(file, commit: true).AsTask().WaitAsync(cancellation);
                _files.Release(file);
            }

            // The pin that dirty data hold goes a moment after the last waiter was told.
            await Task.Yield();
        }
    }

    public void Recycle(DrainWaiter waiter) => _freeWaiters.Enqueue(waiter);

    private async Detached DrainAndReleaseAsync(FileState file)
    {
        await DrainAsync(file, commit: true);
        _files.Release(file);
    }

    private static bool WantsCommit(FileState file)
    {
        for (var waiter = file.Waiters; waiter is not null; waiter = waiter.Next)
        {
            if (waiter.WantsCommit)
                return true;
        }
        return false;
    }

    private static bool WantsSync(FileState file)
    {
        for (var waiter = file.Waiters; waiter is not null; waiter = waiter.Next)
        {
            if (waiter.WantsSync)
                return true;
        }
        return false;
    }

    /// <summary>The only range that is left goes out and will be answered when it is on the disk: so will be all that those who wait now have written.</summary>
    private static void StartSync(FileState file)
    {
        for (var waiter = file.Waiters; waiter is not null; waiter = waiter.Next)
            waiter.IsSyncing = waiter.WantsSync;
    }

    private static void FinishSync(FileState file, NodeId node)
    {
        for (var waiter = file.Waiters; waiter is not null; waiter = waiter.Next)
        {
            if (waiter.IsSyncing)
                waiter.SyncedBy = node;
            waiter.IsSyncing = false;
        }
    }

    private static bool WantsCommitNow(FileState file)
    {
        for (var waiter = file.Waiters; waiter is not null; waiter = waiter.Next)
        {
            if (waiter.WantsCommit && HasArrived(file, waiter, riding: null))
                return true;
        }
        return false;
    }

    /// <summary>A commit begins; those whose data have all arrived (or ride with it) need wait for no other.</summary>
    private static void StartCommit(FileState file, Extent? riding)
    {
        file.IsCommitting = true;
        file.IsCommitNeeded = false;
        for (var waiter = file.Waiters; waiter is not null; waiter = waiter.Next)
            waiter.IsCovered |= HasArrived(file, waiter, riding);
    }

    /// <summary>The commit that was to cover them has not come about: they wait for another.</summary>
    private static void UncoverWaiters(FileState file)
    {
        for (var waiter = file.Waiters; waiter is not null; waiter = waiter.Next)
            waiter.IsCovered = false;
    }

    private static bool HasArrived(FileState file, DrainWaiter waiter, Extent? riding)
    {
        foreach (var extent in file.Extents)
        {
            if (extent.Order <= waiter.UpTo && !ReferenceEquals(extent, riding))
                return false;
        }
        return true;
    }

    /// <summary>The servers have told the size, as of a commit that began after these waiters' data had arrived.</summary>
    private static void TellSize(FileState file, ulong sizeBytes)
    {
        for (var waiter = file.Waiters; waiter is not null; waiter = waiter.Next)
        {
            if (waiter.IsCovered)
                waiter.SizeBytes = sizeBytes;
        }
    }

    private static DrainWaiter? TakeInterrupted(FileState file, long bound)
    {
        lock (file.Gate)
        {
            DrainWaiter? previous = null;
            for (var waiter = file.Waiters; waiter is not null; previous = waiter, waiter = waiter.Next)
            {
                if (waiter.Request is { IsInterrupted: true } && waiter.SinceMs <= bound)
                    return Unlink(file, previous, waiter);
            }
            return null;
        }
    }

    private static DrainWaiter Unlink(FileState file, DrainWaiter? previous, DrainWaiter waiter)
    {
        if (previous is null)
            file.Waiters = waiter.Next;
        else
            previous.Next = waiter.Next;
        return waiter;
    }

    private static DrainWaiter? TakeSatisfied(FileState file)
    {
        DrainWaiter? previous = null;
        for (var waiter = file.Waiters; waiter is not null; previous = waiter, waiter = waiter.Next)
        {
            if (!HasArrived(file, waiter, riding: null))
                continue;
            if (waiter.WantsCommit && (file.IsCommitting || (file.IsCommitNeeded && !waiter.IsCovered)))
                continue;
            return Unlink(file, previous, waiter);
        }
        return null;
    }
}
