using SealFs.Core;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <content>
/// Steps of transactions that are committed already: those that are decided before their participant is asked, and those whose preparation the participant has lost
/// with its power.
/// </content>
internal sealed partial class ShardTransactions
{
    /// <summary>The participant: does the steps once, however often it is asked. Busy: another transaction is in the way.</summary>
    public Errno Follow(TransactionId transaction, VolumeId volume, List<TransactionStep> steps)
    {
        if (IsApplied(transaction))
            return Errno.None;
        if (_prepared.ContainsKey(transaction))
            return Decide(transaction, commit: true);
        Failpoints.Hit(Failpoints.BeforeFollow);
        var mutation = _shard.Begin(volume);
        var elsewhere = new List<DecisionPart>();
        foreach (var step in steps)
        {
            if (step.Follow(mutation, elsewhere) is var status && status != Errno.None)
                return status;
        }

        // Each of them is a decision of its own, of this shard.
        var decisions = elsewhere.ConvertAll(part => new Decision(new TransactionId(mutation.DrawInode().Value), volume, [part]));
        foreach (var decision in decisions)
            TransactionRows.PutDecision(mutation, decision);
        TransactionRows.PutApplied(mutation, transaction, wasUnprepared: true);
        mutation.Commit();
        RememberApplied(transaction, wasUnprepared: true);
        foreach (var decision in decisions)
        {
            Keep(decision);
            _shard.Node.CrossShard.Deliver(_shard, decision.Id);
        }

        Failpoints.Hit(Failpoints.AfterFollow);
        _shard.Node.Contents.Removed();
        return Errno.None;
    }

    /// <summary>The coordinator: the change is whole, and its name may be used.</summary>
    public void Ended(FollowUp followUp)
    {
        foreach (var held in followUp.Locks)
        {
            if (held.Shared)
                _shard.Locks.UnlockShared(held.Key);
            else
                _shard.Locks.Unlock(held.Key, followUp.Transaction);
        }
    }
}
