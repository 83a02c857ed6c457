using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.Buffering;

/// <content>Waiting for dirty data to reach the servers: close, fsync, truncation, age.</content>
internal sealed partial class WriteBack
{
    /// <summary>
    /// Completes when everything that is dirty now has reached the servers; with <paramref name="commit"/> its size and time too. Failures are in
    /// <see cref="FileState.Error"/>. The caller holds a pin.
    /// </summary>
    public ValueTask<NodeId> DrainAsync(FileState file, bool commit) => DrainAsync(file, commit, sync: false);

    /// <summary>
    /// As <see cref="DrainAsync"/>, on the way to <see cref="SyncAsync"/>: the last write asks for the sync as well where that saves a request. Answers the node that has synced everything of the
    /// file since; none is the usual answer for files of more than one chunk.
    /// </summary>
    public ValueTask<NodeId> DrainToSyncAsync(FileState file) => DrainAsync(file, commit: true, sync: true);

    private ValueTask<NodeId> DrainAsync(FileState file, bool commit, bool sync)
    {
        DrainWaiter waiter;
        lock (file.Gate)
        {
            if (commit ? !file.IsDirty : file.Extents.Count == 0)
                return default;
            waiter = _freeWaiters.TryDequeue(out var pooled) ? pooled : new DrainWaiter(this);
            waiter.UpTo = file.Extents.Count > 0 ? file.Extents[^1].Order : 0;
            waiter.WantsCommit = commit;
            waiter.IsCovered = false;
            waiter.WantsSync = sync;
            waiter.IsSyncing = false;
            waiter.SyncedBy = default;
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
        var bound = Environment.TickCount64 - Limits.DirtyAgeMs;
        foreach (var file in DirtyFiles(static (file, bound) => file.DirtySinceMs <= bound, bound))
            DrainAndReleaseAsync(file);
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

    /// <summary>
    /// Everything acknowledged for the file reaches stable storage on every node that got some of it. Drain first.
    /// </summary>
    /// <remarks>
    /// A node is asked by one of its shards. What a shard had is on stable storage when it has moved; but the shard by which a node was asked may have moved
    /// just then, and another node have answered: so it is looked again until each was heard.
    /// </remarks>
    /// <param name="file">Which.</param>
    /// <param name="dataOnly">fdatasync(2).</param>
    /// <param name="heard">A node that has synced since the drain: see <see cref="DrainToSyncAsync"/>.</param>
    public async ValueTask<Errno> SyncAsync(FileState file, bool dataOnly, NodeId heard = default)
    {
        var synced = new HashSet<NodeId>();
        if (heard != default)
            synced.Add(heard);
        while (true)
        {
            var shards = ShardsToSync(file, synced);
            if (shards.Count == 0)
                return Errno.None;
            var status = await SyncAsync(file.Inode, dataOnly, shards, synced);
            if (status != Errno.None)
                return status;
        }
    }

    public void Recycle(DrainWaiter waiter) => _freeWaiters.Enqueue(waiter);

    private async Detached DrainAndReleaseAsync(FileState file)
    {
        await DrainAsync(file, commit: true);
        _files.Release(file);
    }

    private async ValueTask<Errno> SyncAsync(InodeId inode, bool dataOnly, List<ShardId> shards, HashSet<NodeId> synced)
    {
        var calls = new RoutedCall[shards.Count];
        var answers = new Task<Answer>[shards.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = _router.Rent();
            calls[i].Encode(new FsyncRequest(inode, dataOnly));
            answers[i] = calls[i].SendAsync(Opcode.Fsync, shards[i]).AsTask();
        }
        var status = Errno.None;
        for (var i = 0; i < calls.Length; i++)
        {
            using (var answer = await answers[i])
                status = status == Errno.None ? answer.Status : status;
            synced.Add(calls[i].Node);
            _router.Return(calls[i]);
        }
        return status;
    }

    /// <summary>A shard of each node that has something of the file and is not among those that were heard. The inode's own comes first.</summary>
    private List<ShardId> ShardsToSync(FileState file, HashSet<NodeId> synced)
    {
        var shards = new List<ShardId>();
        var nodes = new HashSet<NodeId>(synced);
        Ask(file.Inode.Shard);
        lock (file.Gate)
        {
            foreach (var shard in file.Touched)
                Ask(shard);
            if (!file.IsTouchedUnknown)
                return shards;
        }
        for (var shard = 0u; shard < _router.ShardCount; shard++)
            Ask(new(shard));
        return shards;

        void Ask(ShardId shard)
        {
            if (nodes.Add(_router.PrimaryOf(shard)))
                shards.Add(shard);
        }
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

    private static bool HasArrived(FileState file, DrainWaiter waiter, Extent? riding)
    {
        foreach (var extent in file.Extents)
        {
            if (extent.Order <= waiter.UpTo && !ReferenceEquals(extent, riding))
                return false;
        }
        return true;
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
            if (previous is null)
                file.Waiters = waiter.Next;
            else
                previous.Next = waiter.Next;
            return waiter;
        }
        return null;
    }
}
