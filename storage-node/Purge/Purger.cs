using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Reservations;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

/// <summary>
/// Works off the purge queue: rows that say which chunks have to go, wherever those live. A row stays until all of it has happened, so that an
/// interruption at any point is continued after the next start. Its length in memory follows that of the queue on disk.
/// </summary>
public sealed partial class Purger : IAsyncDisposable
{
    private readonly FileData _data;
    private readonly ILogger _logger;
    private readonly ShardCalls _calls;
    private readonly Channel<PurgeItem> _items = Channel.CreateUnbounded<PurgeItem>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task[] _workers;
    private readonly Lock _fenceGate = new();
    private Task _fencing = Task.CompletedTask;
    private int _pending;

    internal Purger(FileData data, ILogger logger)
    {
        _data = data;
        _logger = logger;
        _calls = new ShardCalls(data.Node);
        _workers = [.. Enumerable.Range(0, PurgeLimits.Workers).Select(_ => data.Node.Tasks.Run(WorkAsync))];
    }

    internal ShardCalls Calls => _calls;

    /// <summary>Inodes whose chunks wait to be removed.</summary>
    public int Pending => Volatile.Read(ref _pending);

    public async ValueTask DisposeAsync()
    {
        lock (_fenceGate)
            _stopping.Cancel();
        await _fencing;
        _items.Writer.TryComplete();
        await Task.WhenAll(_workers);
        await _calls.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>
    /// A row was staged, or found at the start. With the gate held until it is committed: the worker that takes it up needs the gate. A request that is given along is
    /// answered when the cut is complete.
    /// </summary>
    internal void Enqueue(Shard shard, VolumeId volume, InodeId inode, NodeRequest? request)
    {
        Interlocked.Increment(ref _pending);
        if (!_items.Writer.TryWrite(new PurgeItem(shard, volume, inode, request)))
            Interlocked.Decrement(ref _pending);
    }

    /// <summary>Takes back the reservations of these chunks from every node, and then runs the request again.</summary>
    internal void Fence(CutFences.Fence fence, Shard shard, NodeRequest request, InodeId inode, ChunkIndex first, ChunkIndex last)
    {
        var item = new PurgeItem(shard, request.Volume, inode, request);
        lock (_fenceGate)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _fencing = Task.WhenAll(_fencing, _data.Node.Tasks.Run(() => FenceAsync(fence, item, new PurgeRow(PurgeKind.Cut, first, last, 0))));
                return;
            }
        }

        request.Reply(Errno.Busy);
    }

    private async Task FenceAsync(CutFences.Fence fence, PurgeItem item, PurgeRow row)
    {
        try
        {
            foreach (var shards in ShardsOf(item.Inode, row).Chunk(PurgeLimits.ParallelCalls))
            {
                var results = await Task.WhenAll(shards.Select(shard => PurgeInAsync(shard, item, row, onlyRevokes: true)));
                if (Array.Exists(results, static result => result.Status != Errno.None))
                {
                    item.Request!.Reply(Errno.Busy);
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogFailed(_logger, exception, item.Volume.Value, item.Inode);
            item.Request!.Reply(Errno.Busy);
            return;
        }

        fence.IsComplete = true;
        if (_stopping.IsCancellationRequested)
            item.Request!.Reply(Errno.Busy);
        else
            _data.Node.Dispatcher.RunAgain(item.Request!);
    }

    private async Task WorkAsync()
    {
        while (await _items.Reader.WaitToReadAsync())
        {
            while (_items.Reader.TryRead(out var item))
            {
                if (!_stopping.IsCancellationRequested)
                    await PurgeAsync(item);
                Interlocked.Decrement(ref _pending);
            }
        }
    }

    private async Task PurgeAsync(PurgeItem item)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (await TryPurgeAsync(item))
                    return;
            }
            catch (ShardRetiredException)
            {
                // The new owner has the row, and goes on.
                item.Request?.Reply(Errno.WrongEpoch);
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                _data.Node.BackgroundFailed("Removing chunks", exception);
                LogFailed(_logger, exception, item.Volume.Value, item.Inode);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(PurgeLimits.RetryMs), _data.Node.Time, _stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task<bool> TryPurgeAsync(PurgeItem item)
    {
        PurgeRow row;
        using (item.Shard.Enter())
        {
            item.Shard.RequireServing();
            if (!PurgeRow.TryGet(item.Shard.Begin(item.Volume), item.Inode, out row))
                return true;
        }

        // Another node's log may have the removal on stable storage before this one has what ordered it.
        if (ShardsOf(item.Inode, row).Any(shard => _calls.TryFindLocal(shard) is null) && await SyncLogAsync() != Errno.None)
            return false;
        ulong freed = 0;
        foreach (var shards in ShardsOf(item.Inode, row).Chunk(PurgeLimits.ParallelCalls))
        {
            var results = await Task.WhenAll(shards.Select(shard => PurgeInAsync(shard, item, row)));
            item.Shard.RequireServing();
            if (results.Any(result => result.Status != Errno.None))
                return false;
            freed += results.Aggregate(0UL, static (sum, result) => sum + result.FreedBytes);
        }

        Complete(item, row, freed);
        return true;
    }

    private Task<Errno> SyncLogAsync()
    {
        var synced = new TaskCompletionSource<Errno>();
        _data.Node.GroupCommit.AfterSync(status => _data.Node.Tasks.Run(() =>
        {
            synced.SetResult(status);
            return Task.CompletedTask;
        }));
        return synced.Task;
    }

    private IEnumerable<ShardId> ShardsOf(InodeId inode, PurgeRow row)
    {
        var count = _data.Node.ShardCount;
        if (row.Last.Value - row.First.Value >= count)
            return Enumerable.Range(0, (int)count).Select(static shard => new ShardId((uint)shard));
        var shards = new HashSet<ShardId>();
        for (var chunk = row.First.Value; chunk <= row.Last.Value; chunk++)
            shards.Add(PlacementHash.Chunk(inode, new ChunkIndex(chunk), count));
        return shards;
    }

    private async Task<(Errno Status, ulong FreedBytes)> PurgeInAsync(ShardId shard, PurgeItem item, PurgeRow row, bool onlyRevokes = false)
    {
        if (_calls.TryFindLocal(shard) is { } local)
        {
            if (onlyRevokes)
            {
                _data.Reserved.Revoke(item.Volume, item.Inode, local);
                return default;
            }

            var error = ChunkPurge.Run(_data, local, item.Volume, item.Inode, in row, item.Shard.Epoch, out var freed);
            return (error, freed);
        }

        var call = new ShardCall(Opcode.PurgeChunks, shard, item.Volume, PurgeLimits.CallMs);
        var answer = await _calls.CallAsync(call, RawBody.Of(new PurgeChunksRequest(item.Inode, row.First, row.Last, row.KeepBytes, item.Shard.Epoch, onlyRevokes)), () => item.Shard.IsRetired || _stopping.IsCancellationRequested);
        if (answer.Status != Errno.None)
            LogCallFailed(_logger, answer.Status, shard.Value, item.Volume.Value, item.Inode);
        return (answer.Status, answer.TryRead<PurgeChunksReply>(out var reply) ? reply.FreedBytes : 0);
    }

    private static void Complete(PurgeItem item, PurgeRow row, ulong freed)
    {
        using (item.Shard.Enter())
        {
            var mutation = item.Shard.Begin(item.Volume);
            PurgeRow.Delete(mutation, item.Inode);
            AttributesReply reply = default;
            if (row.Kind == PurgeKind.Cut && mutation.TryGetInode(item.Inode, out var inode))
            {
                inode.Attributes.AllocatedBytes -= Math.Min(inode.Attributes.AllocatedBytes, freed);
                var kept = row.First.Value + (row.KeepBytes == 0 ? 0u : 1u);
                inode.ReservedChunks = kept > 1 ? kept : 0;
                mutation.PutInode(in inode);
                reply = new AttributesReply(inode.Attributes);
            }

            if (item.Request is { } request)
                mutation.StageAnswer(request, Errno.None, in reply);
            mutation.Commit();
            if (row.Kind == PurgeKind.Cut)
                item.Shard.Locks.Unlock(LockKey.Inode(item.Inode), OwnerOf(item.Inode));
        }

        item.Request?.ReplyStaged();
    }

    /// <summary>Under which name a cut holds its inode's lock: a number from the sequence that transactions draw theirs from, taken by the inode itself.</summary>
    internal static TransactionId OwnerOf(InodeId inode) => new(inode.Value);

    private readonly record struct PurgeItem(Shard Shard, VolumeId Volume, InodeId Inode, NodeRequest? Request);
}
