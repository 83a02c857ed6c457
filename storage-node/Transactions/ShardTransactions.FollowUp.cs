using SealFs.Core;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <content>
/// Transactions that are decided before their participant is asked. Its step is done at once where doing it twice is the same as once: the last link of a
/// file, since inodes are never used again. A file that keeps other links is prepared like any other, and its record says what was done.
/// A coordinator whose shard has moved may still ask while the new one has long had its answer, and not only the same process: so the participant remembers
/// in a row what it did, over a restart and a move of its own, until no such request can be under way.
/// </content>
internal sealed partial class ShardTransactions
{
    /// <summary>
    /// Decided here and still to be asked for. A participant that has prepared the step must not learn the outcome before the log says that it is told: it would be
    /// asked for the step again after a restart.
    /// </summary>
    private readonly HashSet<TransactionId> _following = [];

    /// <summary>Steps that were prepared, followed and are done, and have a row that says so.</summary>
    private readonly HashSet<TransactionId> _followed = [];

    private readonly Queue<(TransactionId Transaction, long AtMs)> _followedInOrder = [];

    /// <summary>The participant. Not done: it is prepared, and must be told the outcome. Busy: another transaction has the inode.</summary>
    public Errno Follow(TransactionId transaction, VolumeId volume, DropLinkStep step, out bool isDone)
    {
        // A late copy of a request whose transaction is over.
        isDone = _followed.Contains(transaction) || _ended.Contains(transaction);
        if (isDone || _prepared.ContainsKey(transaction))
            return Errno.None;
        if (_shard.Locks.IsLocked(LockKey.Inode(step.Inode)))
            return Errno.Busy;
        Failpoints.Hit(Failpoints.BeforeFollow);
        var mutation = _shard.Begin(volume);
        var links = mutation.TryGetInode(step.Inode, out var row) ? row.Attributes.LinkCount : 0;
        if (links > 1)
        {
            List<TransactionStep> steps = [step];
            return Prepare(transaction, volume, session: default, round: 0, ref steps, out _);
        }

        isDone = true;
        if (links == 0)
            return Errno.None;
        step.Apply(mutation);
        mutation.Commit();
        Failpoints.Hit(Failpoints.AfterFollow);
        _shard.Node.Contents.Removed();
        return Errno.None;
    }

    /// <summary>Deletes the rows of steps that nobody can ask for any more.</summary>
    public void ForgetFollowed()
    {
        var beforeMs = _shard.Node.NowMs - Limits.KeepFollowedMs;
        while (_followedInOrder.TryPeek(out var oldest) && (oldest.AtMs <= beforeMs || _followedInOrder.Count > Limits.FollowedPerShard))
        {
            var mutation = _shard.Begin(default);
            TransactionRows.DeleteEnded(mutation, oldest.Transaction);
            mutation.Commit();
            _followedInOrder.Dequeue();
            _followed.Remove(oldest.Transaction);
        }
    }

    /// <summary>The coordinator: the decision, beside its own effects, with what is to follow.</summary>
    public void StageDecision(Mutation mutation, FollowUp followUp)
    {
        StageForgotten(mutation);
        TransactionRows.PutFollowUp(mutation, followUp);
        _following.Add(followUp.Transaction);
    }

    /// <summary>The coordinator: its participant has prepared the step. From here on it is told the outcome like any other.</summary>
    public void TurnIntoDecision(FollowUp followUp)
    {
        Failpoints.Hit(Failpoints.BeforeSecondPhase);
        var mutation = _shard.Begin(followUp.Volume);
        TransactionRows.PutDecision(mutation, followUp.Transaction, [followUp.Shard]);
        mutation.Commit();
    }

    private static bool MayHaveFollowed(TransactionPart part) => part.Steps is [DropLinkStep];

    private void RememberFollowed(TransactionId transaction)
    {
        if (_followed.Add(transaction))
            _followedInOrder.Enqueue((transaction, _shard.Node.NowMs));
    }

    /// <summary>The coordinator: the change is whole.</summary>
    public void Ended(FollowUp followUp)
    {
        _following.Remove(followUp.Transaction);
        foreach (var held in followUp.Locks)
        {
            if (held.Shared)
                _shard.Locks.UnlockShared(held.Key);
            else
                _shard.Locks.Unlock(held.Key, followUp.Transaction);
        }
    }
}
