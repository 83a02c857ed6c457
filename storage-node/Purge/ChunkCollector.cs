using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

/// <summary>
/// Gives back the space of data that no file needs: chunks of inodes that are gone (a write that was on its way when its file was removed), data behind the end of a file that
/// nobody has open (a client that died before it could commit), and chunk files without a record. It walks all chunks of the node at an interval and asks the inodes'
/// shards; what two rounds in a row have found superfluous, with the same record, goes.
/// </summary>
public sealed partial class ChunkCollector : IAsyncDisposable
{
    private static readonly Meter s_meter = new("SealFs.StorageNode.Collector");
    private static readonly Counter<long> s_chunks = s_meter.CreateCounter<long>("sealfs_collected_chunks", "{chunk}", "Chunks removed or cut because no file needed them");
    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>("sealfs_collected_bytes", "By", "Usage that went with them");

    private readonly FileData _data;
    private readonly ILogger _logger;
    private readonly InodeStates _inodes;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private Dictionary<ChunkKey, SuspectChunk> _before = [];
    private Dictionary<ChunkKey, SuspectChunk> _now = [];
    private long _roundChunks;
    private ulong _roundBytes;

    /// <param name="data">Whose chunks.</param>
    /// <param name="logger">Told what was removed.</param>
    /// <param name="interval">Between rounds; null: only <see cref="RunRoundAsync"/> makes one.</param>
    internal ChunkCollector(FileData data, ILogger logger, TimeSpan? interval)
    {
        _data = data;
        _logger = logger;
        _inodes = new InodeStates(data.Node, data.Purge.Calls);
        _running = interval is { } pause ? data.Node.Tasks.Run(() => RunAsync(pause)) : Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await _running;
        _stopping.Dispose();
    }

    /// <summary>One walk over everything.</summary>
    internal async Task RunRoundAsync()
    {
        _roundChunks = 0;
        _roundBytes = 0;
        foreach (var shard in _data.Node.Shards.All())
        {
            foreach (var volume in _data.Node.Volumes)
            {
                await CollectRecordsAsync(shard, volume);
                await CollectFilesAsync(shard, volume);
            }
        }

        (_before, _now) = (_now, _before);
        _now.Clear();
        if (_roundChunks > 0)
            LogCollected(_logger, _roundChunks, _roundBytes);
    }

    private async Task RunAsync(TimeSpan interval)
    {
        try
        {
            while (true)
            {
                await Task.Delay(interval, _data.Node.Time, _stopping.Token);
                await TryRoundAsync();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private async Task TryRoundAsync()
    {
        try
        {
            await RunRoundAsync();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _data.Node.BackgroundFailed("Looking for data that no file needs", exception);
            LogRoundFailed(_logger, exception);
        }
    }

    private async Task CollectRecordsAsync(Shard shard, VolumeState volume)
    {
        var pages = new ChunkPages(_data.Node.Engine, shard.Id, volume.Id);
        while (pages.MoveNext())
        {
            var states = await _inodes.AskAsync(volume.Id, pages.Page.Select(static record => record.Key.Inode));
            foreach (var record in pages.Page)
            {
                if (states.TryGetValue(record.Key.Inode, out var state) && SuspectChunk.TryJudge(in record, state, volume.ChunkSizeBytes, out var suspect))
                    Consider(shard, record.Key, suspect);
            }

            await PauseAsync();
        }
    }

    private void Consider(Shard shard, in ChunkKey key, SuspectChunk suspect)
    {
        if (suspect.IsGone)
            _data.Gone.Add(key.Volume, key.Inode);
        if (!_before.TryGetValue(key, out var before) || before != suspect)
        {
            if (_now.Count < PurgeLimits.Suspects)
                _now[key] = suspect;
            return;
        }

        ulong freed = 0;
        if (SuspectRemoval.Run(_data, shard, in key, in suspect, ref freed))
            Count(freed);
    }

    /// <summary>Files without a record: what a crash left between a record and its file.</summary>
    private async Task CollectFilesAsync(Shard shard, VolumeState volume)
    {
        var looked = 0;
        foreach (var key in _data.Store.List(volume.Id, shard.Id))
        {
            if (SuspectRemoval.RemoveUnrecorded(_data, key))
                Count(0);
            if (++looked % PurgeLimits.Page == 0)
                await PauseAsync();
        }
    }

    private void Count(ulong freedBytes)
    {
        _roundChunks++;
        _roundBytes += freedBytes;
        s_chunks.Add(1);
        s_bytes.Add((long)freedBytes);
    }

    private Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(PurgeLimits.CollectorPauseMs), _data.Node.Time, _stopping.Token);

    [LoggerMessage(3110, LogLevel.Information, "{Chunks} chunks that no file needed were removed or cut: {Bytes} bytes")]
    private static partial void LogCollected(ILogger logger, long chunks, ulong bytes);

    [LoggerMessage(3111, LogLevel.Warning, "Looking for data that no file needs failed; trying again at the next round")]
    private static partial void LogRoundFailed(ILogger logger, Exception exception);
}
