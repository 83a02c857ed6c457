using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <content>What follows on a decision that was taken first: asked for until it is done.</content>
internal sealed partial class TransactionService
{
    /// <summary>Returns when the other shard has its half too, or when the node stops: the next start goes on then.</summary>
    public async Task FollowUpAsync(Shard home, FollowUp followUp)
    {
        // Where the volume asks for it, nobody acts on a decision that this machine could still forget.
        if (_node.IsSyncVolume(followUp.Volume) && await SyncAsync() != Errno.None)
            return;
        for (var tries = 1; !_stopping.IsCancellationRequested; tries++)
        {
            var (status, isDone) = await AskToFollowAsync(followUp);
            if (status == Errno.None)
            {
                End(home, followUp, isDone);
                return;
            }

            // The new owner has the decision, and goes on.
            home.RequireServing();
            if (status != Errno.Busy)
                LogDecisionNotDelivered(followUp.Transaction, followUp.Shard);
            await OperationRunner.BackOffAsync(tries, _node);
        }
    }

    private void End(Shard home, FollowUp followUp, bool isDone)
    {
        using (home.Enter())
        {
            if (!isDone)
                home.Transactions.TurnIntoDecision(followUp);
            home.Transactions.Ended(followUp);
        }

        if (isDone)
            Delivered(home, followUp.Transaction);
        else
            Deliver(home, followUp.Volume, followUp.Transaction, [followUp.Shard], isUrgent: true);
    }

    private async ValueTask<(Errno Status, bool IsDone)> AskToFollowAsync(FollowUp followUp)
    {
        if (Calls.TryFindLocal(followUp.Shard) is { } shard)
        {
            using (shard.Enter())
            {
                if (shard.IsRetired)
                    return (Errno.Busy, false);
                return (shard.Transactions.Follow(followUp.Transaction, followUp.Volume, followUp.Step, out var done), done);
            }
        }

        var body = RawBody.Of(new TransactionFollowRequest { Transaction = followUp.Transaction, Step = StepCodec.ToBytes([followUp.Step]) });
        var answer = await Calls.CallAsync(new ShardCall(Opcode.TransactionFollow, followUp.Shard, followUp.Volume, Limits.DecideCallMs), body);
        if (answer.Status != Errno.None)
            return (answer.Status, false);
        return answer.TryRead<TransactionFollowReply>(out var reply) ? (Errno.None, reply.IsDone) : (Errno.EIO, false);
    }

    private Task<Errno> SyncAsync()
    {
        // Not on the group commit's thread, which everybody waits for.
        var synced = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.GroupCommit.AfterSync(synced.SetResult);
        return synced.Task;
    }
}
