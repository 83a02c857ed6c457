using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Sessions;

/// <summary>
/// Purges deleted volumes, one after the other in the background: chunk files first, then the volume's key ranges in every shard, so that a crash in between
/// begins again with everything it needs.
/// </summary>
internal sealed partial class VolumeRemoval(NodeContext node, ILogger<VolumeRemoval> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<VolumeId, Task> _removals = new();
    private readonly ConcurrentDictionary<VolumeId, byte> _removed = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TurnGate _oneAtATime = new();

    /// <summary>Volumes of which nothing is left.</summary>
    public IEnumerable<VolumeId> Removed => _removed.Keys;

    /// <summary>Starts what has not been started. Volumes that are not asked for any more are forgotten.</summary>
    public void Remove(IReadOnlyList<VolumeId> volumes)
    {
        foreach (var done in _removed.Keys.Except(volumes))
            _removed.TryRemove(done, out _);
        foreach (var volume in volumes)
        {
            if (!_removed.ContainsKey(volume))
                _removals.GetOrAdd(volume, id => node.Tasks.Run(() => RemoveAsync(id, _stopping.Token)));
        }
    }

    /// <summary>The volume came with a shard after it had been removed here.</summary>
    public void RemoveAgain(VolumeId volume)
    {
        _removed.TryRemove(volume, out _);
        _removals.GetOrAdd(volume, id => node.Tasks.Run(() => RemoveAsync(id, _stopping.Token)));
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await Task.WhenAll(_removals.Values);
        _stopping.Dispose();
    }

    private async Task RemoveAsync(VolumeId volume, CancellationToken cancellation)
    {
        try
        {
            await _oneAtATime.EnterAsync(cancellation);
            try
            {
                await node.Contents.DeleteVolumeAsync(volume, cancellation);
                foreach (var shard in node.Shards.All())
                    TryDeleteRows(shard, volume);
                _removed.TryAdd(volume, 0);
                LogRemoved(volume);
                node.RequestHeartbeat();
            }
            finally
            {
                _oneAtATime.Leave();
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Begins again when the node does.
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            node.BackgroundFailed("Removing a deleted volume", exception);
            LogFailed(exception, volume);
        }
        finally
        {
            _removals.TryRemove(volume, out _);
        }
    }

    /// <summary>A shard that retires meanwhile takes the volume along: its new owner removes it there.</summary>
    private static void TryDeleteRows(Shard shard, VolumeId volume)
    {
        try
        {
            DeleteRows(shard, volume);
        }
        catch (ShardRetiredException)
        {
            // As said.
        }
    }

    private static void DeleteRows(Shard shard, VolumeId volume)
    {
        using (shard.Enter())
        {
            var usage = shard.Usage(volume);
            if (!Exists(shard, volume) && usage is { UsedBytes: 0, Inodes: 0 })
                return;
            Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
            Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
            var mutation = shard.Begin(default);
            var start = MetadataKey.Prefix(from, shard.Id, volume);
            var stop = MetadataKey.PrefixEnd(end, shard.Id, volume);
            foreach (var table in Enum.GetValues<Table>())
                mutation.DeleteRange(table, start, stop);
            mutation.Delete(Table.Metadata, MetadataKey.Usage(from, shard.Id, volume));
            mutation.Commit();
            shard.Forget(volume);
        }
    }

    /// <summary>Spares most shards a range tombstone.</summary>
    private static bool Exists(Shard shard, VolumeId volume)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        foreach (var table in Enum.GetValues<Table>())
        {
            using var rows = shard.Node.Engine.Scan(
                table, MetadataKey.Prefix(from, shard.Id, volume), MetadataKey.PrefixEnd(end, shard.Id, volume));
            if (rows.MoveNext())
                return true;
        }

        return false;
    }

    [LoggerMessage(1210, LogLevel.Information, "Volume {Volume} was deleted: nothing of it is left on this node")]
    private partial void LogRemoved(VolumeId volume);

    [LoggerMessage(1211, LogLevel.Error, "The data of deleted volume {Volume} could not be removed; it will be tried again")]
    private partial void LogFailed(Exception exception, VolumeId volume);
}
