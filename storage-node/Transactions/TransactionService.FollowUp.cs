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
    public async Task FollowUpAsync(Shard home, Decision decision)
    {
        // What the other shard removes cannot be brought back: the decision must not be lost after that. On this node both are in one log.
        var part = decision.Parts[0];
        if (Calls.TryFindLocal(part.Shard) is null && await SyncAsync() != Errno.None)
            return;
        for (var tries = 1; !_stopping.IsCancellationRequested; tries++)
        {
            var status = await AskToFollowAsync(decision, part);
            if (status == Errno.None)
            {
                using (home.Enter())
                    home.Transactions.Ended(decision.FollowUp!);
                Deliver(home, decision.Id, isUrgent: false);
                return;
            }

            // The new owner has the decision, and goes on.
            home.RequireServing();
            if (status != Errno.Busy)
                LogDecisionNotDelivered(decision.Id, part.Shard);
            await OperationRunner.BackOffAsync(tries, _node);
        }
    }

    /// <summary>Has a participant do its steps, which it has not prepared or has lost. They are not on stable storage yet when this returns.</summary>
    private async ValueTask<Errno> AskToFollowAsync(Decision decision, DecisionPart part)
    {
        if (Calls.TryFindLocal(part.Shard) is { } shard)
        {
            using (shard.Enter())
                return shard.IsRetired ? Errno.Busy : shard.Transactions.Follow(decision.Id, decision.Volume, part.Steps);
        }

        var body = RawBody.Of(new TransactionFollowRequest { Transaction = decision.Id, Steps = StepCodec.ToBytes(part.Steps) });
        return (await Calls.CallAsync(new ShardCall(Opcode.TransactionFollow, part.Shard, decision.Volume, Limits.DecideCallMs), body)).Status;
    }

    /// <summary>Returns after a sync of this node's log that begins from now on.</summary>
    public Task<Errno> SyncAsync()
    {
        // Not on the group commit's thread, which everybody waits for.
        var synced = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.GroupCommit.AfterSync(synced.SetResult);
        return synced.Task;
    }
}
