using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// Runs operations to their answer: tries, backs off where another transaction was in the way, commits, answers, and then tells the participants. When all
/// shards are this node's own it runs to the end on the thread that brought the request.
/// </summary>
internal sealed class OperationRunner(TransactionService service)
{
    /// <summary>Owns the request from here on.</summary>
    public void Run(NodeRequest request, CrossShardOperation operation) => service.Track(RunAsync(request, operation));

    private async Task RunAsync(NodeRequest request, CrossShardOperation operation)
    {
        var home = request.Shard;
        var timeoutMs = request.Header.TimeoutMs == 0 ? Limits.OperationTimeMs : (int)Math.Min(request.Header.TimeoutMs, Limits.OperationTimeMs);
        var deadlineMs = service.Node.NowMs + timeoutMs;
        TransactionAttempt? attempt = null;
        try
        {
            for (var tries = 1; ; tries++)
            {
                attempt = new TransactionAttempt(service, home, request.Volume, deadlineMs, request.SessionId) { CanBeDoneAgain = operation.CanBeDoneAgain };
                var status = await operation.TryAsync(attempt);
                if (status == Errno.None && !attempt.IsNothingToDo)
                    status = await attempt.SyncParticipantsAsync();
                if (status == Errno.None && !attempt.IsNothingToDo && !attempt.Commit(operation.StageAnswer))
                    status = Errno.Busy;
                service.Metrics.Ended(status);
                if (status == Errno.None)
                {
                    await FinishAsync(request, operation, attempt);
                    return;
                }

                attempt.Abort();
                if (status == Errno.EAGAIN)
                    continue;
                if (status != Errno.Busy || service.Node.NowMs >= deadlineMs || service.IsStopping)
                {
                    Refuse(request, attempt, status, tries);
                    return;
                }

                await BackOffAsync(tries, service.Node);
            }
        }
        catch (ShardRetiredException)
        {
            // As a coordinator that died: without a decision it has aborted, and with one the new owner goes on, and remembers the answer.
            attempt?.Abort();
            request.Reply(Errno.WrongEpoch);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The store failed, or a peer sent what it must not: nothing was decided, since a decision cannot fail after it was logged.
            service.LogOperationFailed(failure, request.Opcode, request.SessionId);
            attempt?.Abort();
            request.Reply(Errno.EIO);
        }
    }

    private async ValueTask FinishAsync(NodeRequest request, CrossShardOperation operation, TransactionAttempt attempt)
    {
        if (attempt.IsNothingToDo)
        {
            attempt.Abort();
            operation.ReplyNothingToDo();
            return;
        }

        // Where several nodes have to keep a change, it is not acknowledged before it is certain.
        var waitsForSync = !attempt.CanBeDoneAgain && attempt.IsAcrossNodes;
        var home = request.Shard;
        if (attempt.Decision!.FollowUp is null)
        {
            if (waitsForSync)
                request.ReplyStagedAfterSync();
            else
                request.ReplyStaged();
        }

        try
        {
            if (attempt.Decision.FollowUp is not null)
                await service.FollowUpAsync(home, attempt.Decision);
            else
                attempt.Deliver();
        }
        catch (Engine.MetadataEngineException failure)
        {
            // The decision is logged, and told again by the next start.
            service.LogOperationFailed(failure, Core.Wire.Opcode.TransactionDecide, default);
        }

        if (attempt.Decision.FollowUp is not null)
            request.ReplyStaged();
    }

    private void Refuse(NodeRequest request, TransactionAttempt attempt, Errno status, int tries)
    {
        switch (status)
        {
            case Errno.WrongPartition:
                request.Reply(Errno.WrongPartition, new PartitionHint(attempt.HintDepth));
                break;
            case Errno.Busy or Errno.ETIMEDOUT or Errno.ECANCELED:
                // Nothing was changed: the client may come again for as long as its own patience lasts.
                service.LogGaveUp(request.Opcode, request.SessionId, tries, status);
                request.Reply(Errno.Busy);
                break;
            default:
                request.Reply(status);
                break;
        }
    }

    /// <summary>The pause between two tries of what met another transaction.</summary>
    public static async Task BackOffAsync(int tries, NodeContext node)
    {
        var longestUs = Math.Min(Limits.BackoffLastUs, (long)Limits.BackoffFirstUs << Math.Min(tries, 16));
        var pause = TimeSpan.FromMicroseconds(node.Execution.Random.NextInt64(Limits.BackoffFirstUs, longestUs + 1));
        await Task.Delay(pause, node.Time);
    }
}
