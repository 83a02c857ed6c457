using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Partitions;

/// <summary>
/// Splits partitions that have grown too large, one after the other, in the background. A split of partition p of depth d moves the names whose bit d is 1
/// to partition p + 2^d; it is a transaction of this partition's shard (which coordinates), the shard of the new partition, and the directory's
/// own shard, which keeps the list. Inodes do not move. When both halves live in one shard nothing moves at all.
/// </summary>
internal sealed partial class PartitionSplitter : IAsyncDisposable
{
    private readonly TransactionService _service;
    private readonly ulong _threshold;
    private readonly ILogger _logger;
    private readonly Channel<Candidate> _candidates = Channel.CreateBounded<Candidate>(Limits.WaitingSplits);
    private readonly HashSet<Candidate> _known = [];
    private readonly Lock _gate = new();
    private Task _working = Task.CompletedTask;

    public PartitionSplitter(TransactionService service, ulong threshold)
    {
        _service = service;
        _threshold = threshold;
        _logger = service.Node.Loggers.CreateLogger<PartitionSplitter>();
    }

    public void Start() => _working = _service.Node.Tasks.Run(WorkAsync);

    public async ValueTask DisposeAsync()
    {
        _candidates.Writer.TryComplete();
        await _working;
    }

    /// <summary>Called with the shard's gate held after entries were added. Only remembers what must be split.</summary>
    public void Consider(Shard shard, VolumeId volume, InodeId directory, PartitionIndex partition, ulong entryCount)
    {
        if (entryCount <= _threshold)
            return;
        var candidate = new Candidate(shard, volume, directory, partition);
        lock (_gate)
        {
            if (_known.Add(candidate) && !_candidates.Writer.TryWrite(candidate))
                _known.Remove(candidate);
        }
    }

    private async Task WorkAsync()
    {
        while (await _candidates.Reader.WaitToReadAsync())
        {
            while (_candidates.Reader.TryRead(out var candidate))
                await WorkOnAsync(candidate);
        }
    }

    private async Task WorkOnAsync(Candidate candidate)
    {
        lock (_gate)
            _known.Remove(candidate);
        try
        {
            await SplitAsync(candidate);
        }
        catch (ShardRetiredException)
        {
            // Its new owner considers it with the next entry.
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogSplitFailed(failure, candidate.Directory, candidate.Partition);
        }
    }

    private async Task SplitAsync(Candidate candidate)
    {
        for (var tries = 0; tries < Limits.SplitTries && !_service.IsStopping; tries++)
        {
            var attempt = new TransactionAttempt(_service, candidate.Shard, candidate.Volume, _service.Node.NowMs + Limits.SplitMs);
            var status = Errno.EIO;
            try
            {
                status = await TrySplitAsync(candidate, attempt);
            }
            finally
            {
                attempt.Abort();
            }

            if (status != Errno.Busy)
                return;
            var pauseMs = Math.Min(Limits.BackoffLastMs, _service.Node.Execution.Random.Next(1, Limits.BackoffFirstMs << Math.Min(tries + 1, 10)));
            await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), _service.Node.Time);
        }
    }

    private async ValueTask<Errno> TrySplitAsync(Candidate candidate, TransactionAttempt attempt)
    {
        var (shard, volume, directory, partition) = candidate;
        var narrow = new NarrowPartitionStep { Directory = directory, Partition = partition };
        var status = attempt.Begin(narrow);
        if (status != Errno.None || narrow.EntryCount <= _threshold)
            return status;

        var depth = (byte)(narrow.Depth + 1);
        var child = PlacementHash.Partition(directory, narrow.Child, _service.Node.ShardCount);
        narrow.StaysHere = child == shard.Id;
        var reader = new EntryReader(shard, volume, directory, narrow.Child, depth);
        var round = new PreparationRound();
        if (!narrow.StaysHere)
            round.Add(child, new ReceivePartitionStep { Directory = directory, Partition = narrow.Child, Depth = depth });
        if (child != directory.Shard)
            round.Add(directory.Shard, new ListPartitionStep { Directory = directory, Partition = narrow.Child });
        status = await attempt.PrepareAsync(round);
        if (status == Errno.None && !narrow.StaysHere)
            status = await CopyAsync(attempt, reader, child);
        if (status != Errno.None)
            return status;

        narrow.LeavingCount = narrow.StaysHere ? reader.CountAll() : reader.Count;
        var last = new ReceivePartitionStep { Directory = directory, Partition = narrow.Child, Depth = depth, EntryCount = narrow.LeavingCount, IsLast = true };
        status = await attempt.PrepareAsync(new PreparationRound().Add(child, last));
        if (status == Errno.None)
            status = await attempt.SyncParticipantsAsync();
        if (status != Errno.None)
            return status;
        if (!attempt.Commit(static _ => { }))
            return Errno.Busy;
        _service.Metrics.Split();
        LogSplit(directory, partition, narrow.Child, depth, narrow.LeavingCount);
        attempt.Deliver();
        return Errno.None;
    }

    private static async ValueTask<Errno> CopyAsync(TransactionAttempt attempt, EntryReader reader, ShardId child)
    {
        while (true)
        {
            var batch = reader.Next(Limits.BatchBytes);
            if (batch.Count == 0)
                return Errno.None;
            var status = await attempt.PrepareAsync(new PreparationRound().Add(child, batch));
            if (status != Errno.None)
                return status;
            Failpoints.Hit(Failpoints.SplitBatch);
        }
    }

    private readonly record struct Candidate(Shard Shard, VolumeId Volume, InodeId Directory, PartitionIndex Partition);
}
