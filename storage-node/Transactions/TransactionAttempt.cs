using System.Diagnostics;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// One try of a transaction, seen from its coordinator: the shard of the source dentry. The coordinator's own steps are locked in memory only, since a
/// coordinator that dies before its decision has aborted. The decision is one batch: the own steps' effects, the client's answer, and the row that
/// names the participants. They are told afterwards, until all have acknowledged.
/// </summary>
internal sealed class TransactionAttempt
{
    private readonly TransactionService _service;
    private readonly Shard _home;
    private readonly List<ShardId> _participants = [];
    private readonly List<int> _rounds = [];
    private readonly List<List<TransactionStep>> _steps = [];
    private readonly long _deadlineMs;
    private readonly SessionId _session;
    private ulong _takenBackBefore;
    private TransactionPart? _own;
    private (ShardId Shard, DropLinkStep Step)? _follower;

    public TransactionAttempt(TransactionService service, Shard home, VolumeId volume, long deadlineMs, SessionId session = default)
    {
        _session = session;
        _service = service;
        _home = home;
        _deadlineMs = deadlineMs;
        Volume = volume;
    }

    public VolumeId Volume { get; }

    /// <summary>The operation turned out to change nothing: it succeeds by giving the transaction up.</summary>
    public bool IsNothingToDo { get; set; }

    /// <summary>
    /// Participants answer before what they have prepared is on stable storage, and the decision has their steps, to be done again should they lose them. Otherwise nothing
    /// is decided before all of it is.
    /// </summary>
    public bool CanBeDoneAgain { get; init; }

    /// <summary>Other nodes take part.</summary>
    public bool IsAcrossNodes => _participants.Exists(shard => _service.Calls.TryFindLocal(shard) is null);

    /// <summary>After the commit: the decision, which has a follow-up when something is still to be done before the operation is answered.</summary>
    public Decision? Decision { get; private set; }

    /// <summary>With WrongPartition: the depth of the partition that was addressed.</summary>
    public byte HintDepth { get; private set; }

    /// <summary>Starts with the first own steps. Busy when a lock is held by somebody else or there are too many transactions.</summary>
    public Errno Begin(params ReadOnlySpan<TransactionStep> steps)
    {
        using var gate = _home.Enter();
        _home.RequireServing();
        var mutation = _home.Begin(Volume);
        if (!_home.Transactions.TryBegin(mutation, out var id))
            return Errno.Busy;
        _own = new TransactionPart(id, Volume) { IsLogged = false, Session = _session };
        _takenBackBefore = _home.Transactions.DirectoriesTakenBack;
        return PrepareOwn(mutation, [.. steps]);
    }

    /// <summary>Prepares steps in all their shards at the same time. The first errno that is not Busy wins over Busy.</summary>
    public async ValueTask<Errno> PrepareAsync(PreparationRound round)
    {
        var remote = new List<(int Index, Task<Errno> Call)>();
        var status = Errno.None;
        for (var index = 0; index < round.Count; index++)
        {
            if (_service.Calls.TryFindLocal(round.ShardAt(index)) is { } shard)
                status = Combine(status, shard == _home ? PrepareAtHome(round, index) : PrepareLocally(shard, round, index));
            else
                remote.Add((index, PrepareRemotelyAsync(round, index)));
        }

        foreach (var (_, call) in remote)
            status = Combine(status, await call);
        HintDepth = round.HintDepth;
        if (status == Errno.None && CanBeDoneAgain)
            KeepSteps(round);
        return status;
    }

    /// <summary>
    /// The last thing before the decision: what other nodes have prepared is on stable storage there. What this node has prepared is in its log before the decision.
    /// </summary>
    public async ValueTask<Errno> SyncParticipantsAsync()
    {
        if (CanBeDoneAgain || (_service.Node.PlantedBugs & PlantedBugs.PrepareUnsynced) != 0)
            return Errno.None;
        var calls = new List<Task<ShardAnswer>>();
        for (var index = 0; index < _participants.Count; index++)
        {
            if (_service.Calls.TryFindLocal(_participants[index]) is not null)
                continue;
            var body = RawBody.Of(new TransactionSyncRequest(_own!.Id, (ushort)(_rounds[index] + 1)));
            calls.Add(_service.Calls.CallAsync(new ShardCall(Opcode.TransactionSync, _participants[index], Volume, RemainingMs()), body).AsTask());
        }

        var status = Errno.None;
        foreach (var call in calls)
            status = Combine(status, (await call).Status);
        return status;
    }

    /// <summary>
    /// Names the one step in another shard that nothing can go wrong with. It is done after the decision, with one round trip and nothing prepared; no other shard
    /// may take part.
    /// </summary>
    public void FollowWith(ShardId shard, DropLinkStep step)
    {
        Debug.Assert(_participants.Count == 0 && shard != _home.Id, "What follows is all there is elsewhere.");
        _follower = (shard, step);
    }

    /// <summary>
    /// Decides to commit. <paramref name="stageAnswer"/> runs between the own steps and the commit, with the gate held. When this returns the outcome is
    /// certain; the participants are told on the way. False, and nothing was decided, when a directory of the shard was taken back since the beginning, which may be the one
    /// that the own steps are about: to be tried again.
    /// </summary>
    /// <exception cref="Engine.MetadataEngineException">The store failed: nothing was decided.</exception>
    public bool Commit(Action<Mutation> stageAnswer)
    {
        var own = _own!;
        Failpoints.Hit(Failpoints.BeforeDecision);
        using (_home.Enter())
        {
            _home.RequireServing();
            if (_home.Transactions.DirectoriesTakenBack != _takenBackBefore)
                return false;
            var mutation = _home.Begin(Volume);
            StepRunner.Finish(mutation, own, commit: true);
            var decision = Decision = DecisionOf(own);
            _home.Transactions.StageDecision(mutation, decision);
            stageAnswer(mutation);
            mutation.Commit();
            _home.Transactions.Decided(decision);
            if (decision.FollowUp is null)
                StepRunner.Unlock(_home, own);
            StepRunner.Announce(_home, own);
        }

        _own = null;
        Failpoints.Hit(Failpoints.AfterDecision);
        return true;
    }

    /// <summary>Tells the participants of a commit; called after the client was answered.</summary>
    public void Deliver()
    {
        if (_participants.Count != 0)
            _service.Deliver(_home, Decision!.Id, isUrgent: !CanBeDoneAgain);
    }

    /// <summary>A directory that the coordinator's shard has made elsewhere may be lost there, and is about to be made again.</summary>
    public bool IsBeingMade(InodeId directory)
    {
        using (_home.Enter())
            return _home.Transactions.IsBeingMade(directory);
    }

    /// <summary>Who this try is; valid from <see cref="Begin"/> on until it ended.</summary>
    public TransactionId Id => _own?.Id ?? default;

    /// <summary>Gives up. Participants that cannot be told now find out by asking.</summary>
    public void Abort()
    {
        if (_own is not { } own)
            return;
        _own = null;
        using (_home.Enter())
        {
            _home.Transactions.Aborted(own.Id);
            StepRunner.Unlock(_home, own);
        }

        foreach (var shard in _participants)
            _service.TellAborted(shard, own.Id);
    }

    /// <summary>The parent of a directory, wherever it lives.</summary>
    public ValueTask<(Errno Status, InodeId Parent)> ReadParentAsync(InodeId directory) =>
        _service.ReadParentAsync(Volume, directory, RemainingMs());

    private Decision DecisionOf(TransactionPart own)
    {
        if (_follower is var (shard, step))
            return new Decision(own.Id, Volume, [new DecisionPart(shard, [step])], new FollowUp(own.Id, Volume, shard, step, [.. own.Locks]));
        var parts = new List<DecisionPart>(_participants.Count);
        for (var index = 0; index < _participants.Count; index++)
            parts.Add(new DecisionPart(_participants[index], _steps[index]));
        return new Decision(own.Id, Volume, parts);
    }

    private void KeepSteps(PreparationRound round)
    {
        for (var index = 0; index < round.Count; index++)
        {
            if (_participants.IndexOf(round.ShardAt(index)) is >= 0 and var participant)
                _steps[participant].AddRange(round[index]);
        }
    }

    private Errno PrepareAtHome(PreparationRound round, int index)
    {
        using var gate = _home.Enter();
        _home.RequireServing();
        var status = PrepareOwn(_home.Begin(Volume), round[index]);
        if (status == Errno.WrongPartition)
            round.HintDepth = HintDepth;
        return status;
    }

    private Errno PrepareOwn(Mutation mutation, List<TransactionStep> steps)
    {
        var status = StepRunner.Prepare(mutation, _own!, steps, out var hintDepth);
        HintDepth = hintDepth;
        Debug.Assert(mutation.IsEmpty, "The coordinator's own steps are not logged, so they write nothing before the decision.");
        return status;
    }

    private Errno PrepareLocally(Shard shard, PreparationRound round, int index)
    {
        var number = Enlist(shard.Id);
        using var gate = shard.Enter();

        // Its new owner is asked in the next try.
        if (shard.IsRetired)
            return Errno.Busy;
        var steps = round[index];
        var status = shard.Transactions.Prepare(_own!.Id, Volume, _session, number, ref steps, out var hintDepth);
        round[index] = steps;
        if (status == Errno.WrongPartition)
            round.HintDepth = hintDepth;
        return status;
    }

    private async Task<Errno> PrepareRemotelyAsync(PreparationRound round, int index)
    {
        var shard = round.ShardAt(index);
        var number = Enlist(shard);
        var body = RawBody.Of(new TransactionPrepareRequest
        {
            Transaction = _own!.Id,
            Round = (ushort)number,
            Session = _session,
            Steps = StepCodec.ToBytes(round[index]),
        });
        var answer = await _service.Calls.CallAsync(new ShardCall(Opcode.TransactionPrepare, shard, Volume, RemainingMs()), body);
        if (answer.Status == Errno.WrongPartition && answer.TryRead<PartitionHint>(out var hint))
            round.HintDepth = hint.Depth;
        if (answer.Status != Errno.None)
            return answer.Status;
        var steps = new List<TransactionStep>();
        if (!StepCodec.TryRead(answer.Payload, steps))
            return Errno.EIO;
        round[index] = steps;
        return Errno.None;
    }

    /// <summary>Counts the rounds of a participant; it is told of the outcome from the first one on, even if that came to nothing.</summary>
    private int Enlist(ShardId shard)
    {
        var index = _participants.IndexOf(shard);
        if (index >= 0)
            return ++_rounds[index];
        _participants.Add(shard);
        _rounds.Add(0);
        _steps.Add([]);
        return 0;
    }

    private uint RemainingMs() => (uint)Math.Clamp(_deadlineMs - _service.Node.NowMs, 1, Limits.OperationTimeMs);

    private static Errno Combine(Errno first, Errno second) => first is Errno.None or Errno.Busy && second != Errno.None ? second == Errno.Busy ? Errno.Busy : second : first;
}
