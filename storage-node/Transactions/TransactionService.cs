using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// What the transactions of one node need besides their shards: calls to other nodes, the delivery of decisions, and a sweep that asks for the outcome of
/// what waits too long.
/// </summary>
internal sealed partial class TransactionService : IAsyncDisposable
{
    private readonly NodeContext _node;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly CommitQueue _commits;
    private Task _sweeping = Task.CompletedTask;

    public TransactionService(NodeContext node)
    {
        _node = node;
        _logger = node.Loggers.CreateLogger<TransactionService>();
        Calls = new ShardCalls(node, node.Execution.Lanes);
        Metrics = new TransactionMetrics(this);
        _commits = new CommitQueue(this);
    }

    public ShardCalls Calls { get; }

    public TransactionMetrics Metrics { get; }

    public NodeContext Node => _node;

    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Starts the sweep: at once for what was left from before the start, then at intervals.</summary>
    public void Start() => _sweeping = _node.Tasks.Run(SweepAsync);

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await _commits.DisposeAsync();
        await Calls.DisposeAsync();
        await _sweeping;
        // The store is closed after this: nothing that may still write to it is left behind.
        while (!_running.IsEmpty)
            await Task.WhenAll(_running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Metrics.Dispose();
    }

    /// <summary>Work that goes on by itself, and is waited for when the node stops.</summary>
    public void Track(Task work)
    {
        if (work.IsCompleted)
            return;
        _running.TryAdd(work, 0);
        _ = work.ContinueWith(
            static (done, running) => ((ConcurrentDictionary<Task, byte>)running!).TryRemove(done, out _),
            _running,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            _node.Tasks.Scheduler ?? TaskScheduler.Default);
    }

    /// <summary>Adds up a figure over all shards in use.</summary>
    public int Sum(Func<ShardTransactions, int> figure)
    {
        var sum = 0;
        foreach (var shard in _node.Shards.Opened())
        {
            using (shard.Enter())
                sum += figure(shard.Transactions);
        }

        return sum;
    }

    /// <summary>
    /// Tells every participant of a commit, for as long as it takes, until each has it on stable storage; then the decision may be forgotten. Other nodes are told when the decision is on
    /// stable storage here: they could not take back what this machine has forgotten.
    /// </summary>
    public void Deliver(Shard home, TransactionId transaction, bool isUrgent)
    {
        Decision? decision;
        using (home.Enter())
            decision = home.IsRetired ? null : home.Transactions.ToTell(transaction, () => Deliver(home, transaction, isUrgent));
        if (decision is null)
            return;

        // What this node does itself is behind the decision in the same log.
        var remote = decision.Parts.Where(part => TellLocally(part.Shard, transaction, commit: true) != Errno.None).ToList();
        if (remote.Count == 0)
            Delivered(home, transaction);
        else if (remote.Count == 1 && !isUrgent && !decision.IsUrgent)
            _commits.Add(home, decision, remote[0]);
        else
            WhenDurable(isUrgent || decision.IsUrgent, () => Track(DeliverAsync(home, decision, remote)));
    }

    /// <summary>The same for one participant, of a decision that is on stable storage.</summary>
    public void DeliverAgain(Shard home, Decision decision, DecisionPart part) => Track(DeliverAsync(home, decision, [part]));

    /// <summary>Goes on, in a task, after a sync of the log: one that is asked for, or the next that comes anyway. Not when the log fails: then the next start goes on.</summary>
    public void WhenDurable(bool isUrgent, Action action)
    {
        if ((_node.PlantedBugs & PlantedBugs.TellUnsynced) != 0)
        {
            action();
            return;
        }

        void Continue(Errno status)
        {
            if (status == Errno.None && !IsStopping)
                _ = _node.Tasks.StartNew(action);
        }

        if (isUrgent)
            _node.GroupCommit.AfterSync(Continue);
        else
            _node.GroupCommit.WithNextSync(Continue);
    }

    /// <summary>Tells a participant once that the transaction was aborted.</summary>
    public void TellAborted(ShardId participant, TransactionId transaction)
    {
        if (TellLocally(participant, transaction, commit: false) is null)
            Track(CallDecideAsync(participant, transaction, commit: false));
    }

    /// <summary>The parent of a directory. Busy while it is being given another one.</summary>
    public async ValueTask<(Errno Status, InodeId Parent)> ReadParentAsync(VolumeId volume, InodeId directory, uint timeoutMs)
    {
        if (Calls.TryFindLocal(directory.Shard) is { } shard)
        {
            var status = ParentReader.Read(shard, volume, directory, out var parent);
            return (status, parent);
        }

        var call = new ShardCall(Opcode.ReadParent, directory.Shard, volume, timeoutMs);
        var answer = await Calls.CallAsync(call, RawBody.Of(new InodeRequest(directory)));
        if (answer.Status != Errno.None)
            return (answer.Status, default);
        return answer.TryRead<ParentReply>(out var reply) ? (Errno.None, reply.Parent) : (Errno.EIO, default);
    }

    /// <summary>Null when the participant is no shard of this node.</summary>
    private Errno? TellLocally(ShardId participant, TransactionId transaction, bool commit)
    {
        if (Calls.TryFindLocal(participant) is not { } shard)
            return null;
        try
        {
            using (shard.Enter())
            {
                shard.RequireServing();
                return shard.Transactions.Decide(transaction, commit);
            }
        }
        catch (ShardRetiredException)
        {
            // Another node has it by now.
            return null;
        }
    }

    private async Task DeliverAsync(Shard home, Decision decision, List<DecisionPart> participants)
    {
        var calls = new List<Task<bool>>(participants.Count);
        foreach (var participant in participants)
            calls.Add(DeliverToAsync(home, decision, participant));
        foreach (var call in calls)
        {
            if (!await call)
                return;
        }

        Delivered(home, decision.Id);
    }

    /// <summary>False when the node stops first, or the shard leaves it: the decision stays logged, and is delivered by the next start or the new owner.</summary>
    private async Task<bool> DeliverToAsync(Shard home, Decision decision, DecisionPart part)
    {
        for (var tries = 1; !_stopping.IsCancellationRequested && !home.IsRetired; tries++)
        {
            // A newer map may have made the participant a shard of this node.
            var status = TellLocally(part.Shard, decision.Id, commit: true) ?? await CallDecideAsync(part.Shard, decision.Id, commit: true);
            if (status == Errno.None)
                return true;
            if (status == Errno.ENOENT)
                status = await BringBackAsync(decision, part);
            if (status == Errno.None)
                continue;
            if (status != Errno.Busy)
                LogDecisionNotDelivered(decision.Id, part.Shard);
            await OperationRunner.BackOffAsync(tries, _node);
        }

        return false;
    }

    /// <summary>The participant has lost what it had prepared, or has never known of it: it does its steps now.</summary>
    private async ValueTask<Errno> BringBackAsync(Decision decision, DecisionPart part)
    {
        if (part.Steps.Count == 0)
        {
            // It had prepared them on stable storage.
            LogPrepareLost(decision.Id, part.Shard);
            return Errno.EIO;
        }

        if (decision.FollowUp is null)
            LogBroughtBack(decision.Id, part.Shard);
        return await AskToFollowAsync(decision, part);
    }

    private async Task<Errno> CallDecideAsync(ShardId participant, TransactionId transaction, bool commit)
    {
        var call = new ShardCall(Opcode.TransactionDecide, participant, default, Limits.DecideCallMs);
        return (await Calls.CallAsync(call, RawBody.Of(new TransactionDecideRequest(transaction, commit)))).Status;
    }

    /// <summary>Everybody has it: the decision may be forgotten.</summary>
    public static void Delivered(Shard home, TransactionId transaction)
    {
        using (home.Enter())
            home.Transactions.Delivered(transaction);
    }
}
