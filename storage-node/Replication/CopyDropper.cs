using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// Deletes what is left of shards, one after the other in the background, in small steps: chunk files, then rows, then the row that says so. One that was begun is never served or copied again
/// before it is through.
/// </summary>
internal sealed partial class CopyDropper : IAsyncDisposable
{
    private readonly FileData _data;
    private readonly NodeContext _node;
    private readonly TaskFactory _tasks;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<ShardId, Task> _drops = new();
    private readonly ConcurrentDictionary<ShardId, string> _problems = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TurnGate _oneAtATime = new();

    public CopyDropper(FileData data, TaskFactory tasks, ILogger<CopyDropper> logger)
    {
        _data = data;
        _node = data.Node;
        _tasks = tasks;
        _logger = logger;
    }

    /// <summary>Why a drop does not get on; empty when it does.</summary>
    public string Problem(ShardId shard) => _problems.GetValueOrDefault(shard, "");

    public void Drop(ShardId shard, HeldCopy copy)
    {
        if (!_stopping.IsCancellationRequested)
            _drops.GetOrAdd(shard, id => _tasks.StartNew(() => DropAsync(id, copy)).Unwrap());
    }

    public Task IdleAsync() => Task.WhenAll(_drops.Values);

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await Task.WhenAll(_drops.Values);
        _stopping.Dispose();
    }

    private async Task DropAsync(ShardId shard, HeldCopy copy)
    {
        try
        {
            await _oneAtATime.EnterAsync(_stopping.Token);
            try
            {
                _node.Copies.Put(shard, copy with { State = HeldState.Dropping });

                // Without this row the copy would count as whole after a loss of power.
                _node.Engine.Sync();
                await RemoveFilesAsync(shard);
                _node.Hit(MoveSteps.Dropping);
                RemoveRows(shard);
                _node.Copies.Remove(shard);
                _problems.TryRemove(shard, out _);
                LogDropped(shard, copy.Epoch);
                _node.FollowAgain();
            }
            finally
            {
                _oneAtATime.Leave();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Ordered again after the next start.
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            _problems[shard] = failure.Message;
            LogFailed(failure, shard);
        }
        finally
        {
            _drops.TryRemove(shard, out _);
            _node.RequestHeartbeat();
        }
    }

    /// <summary>On stable storage, too: when the rows are gone, nobody knows of files that come back after a loss of power.</summary>
    private async Task RemoveFilesAsync(ShardId shard)
    {
        foreach (var volume in _data.Store.Volumes().ToArray())
        {
            while (RemoveSome(volume, shard))
                await Task.Delay(ReplicationLimits.DropPause, _node.Time, _stopping.Token);
        }

        // The log first: marks of other shards' blocks must be on the disk before their blocks are.
        _node.Engine.Sync();
        var error = _data.Store.SyncAll();
        if (error != Errno.None)
            throw new IOException($"The removal of the chunk files of shard {shard} cannot be made durable: {error}.");
    }

    /// <summary>False when nothing is left.</summary>
    private bool RemoveSome(VolumeId volume, ShardId shard)
    {
        var error = _data.Store.RemoveSome(volume, shard, ReplicationLimits.DropStep, out var removed);
        if (error != Errno.None)
            throw new IOException($"The chunk files of volume {volume} in shard {shard} cannot be removed: {error}.");
        return removed == ReplicationLimits.DropStep;
    }

    private void RemoveRows(ShardId shard)
    {
        using var batch = new EffectBatch();
        foreach (var table in CopyRows.Tables)
            batch.DeleteRange(table, CopyRows.Begin(shard), CopyRows.End(shard));
        _node.Engine.Apply(batch);
    }

    [LoggerMessage(1410, LogLevel.Information, "What was left of shard {Shard} from epoch {Epoch} is deleted")]
    private partial void LogDropped(ShardId shard, Epoch epoch);

    [LoggerMessage(1411, LogLevel.Error, "What is left of shard {Shard} could not be deleted; it will be tried again")]
    private partial void LogFailed(Exception exception, ShardId shard);
}
