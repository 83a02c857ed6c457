using SealFs.Core;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// The transactions of one shard, as participant and as coordinator. Everything here happens with the shard's gate held. What is prepared here stands
/// in rows too, and is read back, its locks taken again, before the shard serves anything after a restart.
/// </summary>
internal sealed partial class ShardTransactions
{
    private readonly Shard _shard;
    private readonly Dictionary<TransactionId, TransactionPart> _prepared = [];
    private readonly HashSet<TransactionId> _active = [];
    private readonly Dictionary<TransactionId, Decision> _committed = [];
    private readonly Queue<TransactionId> _delivered = [];
    private int _forgetting;
    private readonly HashSet<TransactionId> _ended = [];
    private readonly Queue<TransactionId> _endedInOrder = [];

    public ShardTransactions(Shard shard)
    {
        _shard = shard;
        foreach (var part in TransactionRows.LoadPrepared(shard.Node.Engine, shard.Id))
            Restore(part);
        foreach (var (transaction, wasUnprepared) in TransactionRows.LoadApplied(shard.Node.Engine, shard.Id))
            RememberApplied(transaction, wasUnprepared);
        Recovered = TransactionRows.LoadDecisions(shard.Node.Engine, shard.Id);
        foreach (var decision in Recovered.AsEnumerable().Reverse())
        {
            Keep(decision);
            if (decision.FollowUp is { } followUp)
                Restore(followUp);
        }
    }

    public Shard Shard => _shard;

    /// <summary>Decisions found at the start, to be delivered again.</summary>
    public List<Decision> Recovered { get; }

    /// <summary>Transactions prepared here that wait for a decision.</summary>
    public int PreparedCount => _prepared.Count;

    /// <summary>Transactions that this shard coordinates and has not decided.</summary>
    public int ActiveCount => _active.Count;

    /// <summary>Decisions that not every participant has on stable storage.</summary>
    public int UndeliveredCount => _committed.Count - _delivered.Count;

    /// <summary>Starts a transaction that this shard coordinates; false when there are too many.</summary>
    public bool TryBegin(Mutation mutation, out TransactionId transaction)
    {
        transaction = default;
        if (_active.Count >= Limits.ActivePerShard)
            return false;
        transaction = new TransactionId(mutation.DrawInode().Value);
        _active.Add(transaction);
        return true;
    }

    /// <summary>
    /// Prepares one round of steps: all of them or none. On success the steps hold their results, appended ones included, and the record is committed.
    /// </summary>
    /// <param name="transaction">Whose.</param>
    /// <param name="volume">The volume of the steps.</param>
    /// <param name="round">From 0. A round that is prepared already is answered again.</param>
    /// <param name="steps">In: what is asked. Out: with results.</param>
    /// <param name="hintDepth">With WrongPartition.</param>
    public Errno Prepare(TransactionId transaction, VolumeId volume, SessionId session, int round, ref List<TransactionStep> steps, out byte hintDepth)
    {
        hintDepth = 0;
        if (IsApplied(transaction))
            return Errno.ECANCELED;
        if (_applied.Count >= Limits.AppliedPerShard)
            return Errno.Busy;
        var known = _prepared.TryGetValue(transaction, out var part);
        part ??= new TransactionPart(transaction, volume) { Session = session };
        if (round < part.Rounds)
        {
            steps = part.StepsOf(round);
            return Errno.None;
        }

        if (round != part.Rounds)
            return Errno.ECANCELED;
        var mutation = _shard.Begin(volume);
        var firstLock = part.Locks.Count;
        var status = StepRunner.Prepare(mutation, part, steps, out hintDepth);
        if (status != Errno.None)
            return status;
        try
        {
            TransactionRows.PutPrepare(mutation, part, round, part.Locks.GetRange(firstLock, part.Locks.Count - firstLock));
            mutation.Commit();
        }
        catch
        {
            // The store failed: the round never was, and the coordinator hears EIO.
            StepRunner.Unlock(_shard, part, firstLock);
            part.DropLastRound();
            throw;
        }

        part.PreparedAtMs = _shard.Node.NowMs;
        if (!known)
            _prepared.Add(transaction, part);
        NoteNew(part);
        Failpoints.Hit(Failpoints.AfterPrepare);
        return Errno.None;
    }

    /// <summary>True when as many rounds of a transaction are prepared here as its coordinator knows of.</summary>
    public bool IsPrepared(TransactionId transaction, int rounds) => _prepared.TryGetValue(transaction, out var part) && part.Rounds == rounds;

    /// <summary>
    /// The outcome is known: applies or takes back what was prepared and frees the locks. Nothing happens when it was done already. ENOENT: there is nothing to commit here, and never
    /// was as far as this node remembers. Busy: what is to be taken back is held by another transaction, and the coordinator is asked again later.
    /// </summary>
    public Errno Decide(TransactionId transaction, bool commit)
    {
        if (!_prepared.TryGetValue(transaction, out var part))
        {
            if (commit)
                return IsApplied(transaction) ? Errno.None : Errno.ENOENT;
            Remember(transaction);
            return Errno.None;
        }

        var mutation = _shard.Begin(part.Volume);
        if (!commit && !part.Steps.TrueForAll(step => step.MayUndo(mutation)))
            return Errno.Busy;
        Remember(transaction);
        Failpoints.Hit(commit ? Failpoints.BeforeApply : Failpoints.BeforeUndo);
        StepRunner.Finish(mutation, part, commit);
        TransactionRows.DeletePrepare(mutation, part);
        if (commit)
            TransactionRows.PutApplied(mutation, transaction, wasUnprepared: false);
        var takenBack = commit ? [] : StageTakenBack(mutation, part);
        mutation.Commit();
        if (commit)
            RememberApplied(transaction, wasUnprepared: false);
        foreach (var decision in takenBack)
            Drop(decision);
        if (!commit && part.Steps.Exists(static step => step is CreateDirectoryStep))
            DirectoriesTakenBack++;
        Failpoints.Hit(Failpoints.AfterApply);
        _prepared.Remove(transaction);
        StepRunner.Unlock(_shard, part);
        Settle(part);
        if (commit)
            StepRunner.Announce(_shard, part);
        else
            _shard.Node.Contents.Removed();
        return Errno.None;
    }

    /// <summary>
    /// The coordinator's answer to a participant in doubt: committed, which counts when it is on stable storage; aborted (None and false); or Busy while it is not decided, or may still be
    /// taken back.
    /// </summary>
    public Errno Resolve(TransactionId transaction, out bool committed)
    {
        committed = _committed.TryGetValue(transaction, out var decision);
        if (_active.Contains(transaction))
            return Errno.Busy;
        if (decision is null || decision.MadeIn.IsNone || !IsNew(_shard.Begin(decision.Volume), decision.MadeIn))
            return Errno.None;
        decision.IsUrgent = true;
        return Errno.Busy;
    }

    /// <summary>True when this shard knows nothing of a transaction that it coordinated: it will not tell it again.</summary>
    public bool IsForgotten(TransactionId transaction) => !_committed.ContainsKey(transaction) && !_active.Contains(transaction);

    /// <summary>Stages the decision to commit beside the coordinator's own effects.</summary>
    public void StageDecision(Mutation mutation, Decision decision)
    {
        StageForgotten(mutation);
        if (decision.Parts.Count != 0)
            TransactionRows.PutDecision(mutation, decision);
    }

    /// <summary>The batch with the decision was committed.</summary>
    public void Decided(Decision decision)
    {
        Forgotten();
        _active.Remove(decision.Id);
        if (decision.Parts.Count != 0)
            Keep(decision);
    }

    /// <summary>The coordinator gives the transaction up.</summary>
    public void Aborted(TransactionId transaction) => _active.Remove(transaction);

    /// <summary>Every participant has it on stable storage: the row goes with the next decision's batch, or with the sweep.</summary>
    public void Delivered(TransactionId transaction)
    {
        Failpoints.Hit(Failpoints.BeforeForget);
        if (_committed.ContainsKey(transaction))
            _delivered.Enqueue(transaction);
    }

    /// <summary>Deletes the rows of decisions that everybody knows.</summary>
    public void ForgetDelivered()
    {
        var mutation = _shard.Begin(default);
        while (StageForgotten(mutation) != 0)
        {
            mutation.Commit();
            Forgotten();
        }
    }

    /// <summary>Marks those that have waited for a decision since before <paramref name="beforeMs"/> as being resolved, and adds them to the list.</summary>
    public void TakeDoubtful(long beforeMs, List<TransactionId> target)
    {
        foreach (var part in _prepared.Values)
        {
            if (part.IsResolving || part.PreparedAtMs > beforeMs)
                continue;
            part.IsResolving = true;
            target.Add(part.Id);
        }
    }

    /// <summary>Nobody could say what became of it: to be asked again.</summary>
    public void StillDoubtful(TransactionId transaction)
    {
        if (!_prepared.TryGetValue(transaction, out var part))
            return;
        part.IsResolving = false;
        part.PreparedAtMs = _shard.Node.NowMs;
    }

    /// <summary>Stages the removal of decisions that everybody has; a bounded number, since a client may be waiting for this batch.</summary>
    private int StageForgotten(Mutation mutation)
    {
        _forgetting = 0;
        foreach (var transaction in _delivered)
        {
            if (_forgetting == Limits.ForgottenPerBatch)
                break;
            TransactionRows.DeleteDecision(mutation, transaction);
            _forgetting++;
        }

        return _forgetting;
    }

    /// <summary>What <see cref="StageForgotten"/> staged was committed.</summary>
    private void Forgotten()
    {
        for (; _forgetting > 0; _forgetting--)
            Drop(_delivered.Dequeue());
    }

    private void Keep(Decision decision)
    {
        _committed.Add(decision.Id, decision);
        if (decision.Made is { } made)
            _making[made.Inode] = decision;
    }

    private void Drop(TransactionId transaction)
    {
        if (!_committed.Remove(transaction, out var decision))
            return;
        if (decision.Made is { } made)
            _making.Remove(made.Inode);
        decision.End(_shard.Node.Tasks);
    }

    private void Restore(TransactionPart part)
    {
        foreach (var held in part.Locks)
        {
            if (!TryTake(held, part.Id))
                throw new InvalidDataException($"Two prepared transactions hold {held.Key} in shard {_shard.Id}.");
        }

        part.PreparedAtMs = long.MinValue;
        _prepared.Add(part.Id, part);
        NoteNew(part);
    }

    /// <summary>
    /// One that had ended is there as well until its row is forgotten. Others may have taken its locks since then: those who came later keep them.
    /// </summary>
    private void Restore(FollowUp followUp) => followUp.Locks.RemoveAll(held => !TryTake(held, followUp.Transaction));

    private bool TryTake(HeldLock held, TransactionId transaction) =>
        held.Shared ? _shard.Locks.TryLockShared(held.Key) : _shard.Locks.TryLock(held.Key, transaction);

    private void Remember(TransactionId transaction)
    {
        if (!_ended.Add(transaction))
            return;
        _endedInOrder.Enqueue(transaction);
        if (_endedInOrder.Count > Limits.RememberedOutcomes)
            _ended.Remove(_endedInOrder.Dequeue());
    }
}
