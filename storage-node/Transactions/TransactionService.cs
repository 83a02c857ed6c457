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

    /// <summary>Tells every participant of a commit, for as long as it takes; then the decision may be forgotten.</summary>
    public void Deliver(Shard home, VolumeId volume, TransactionId transaction, IReadOnlyList<ShardId> participants, bool isUrgent)
    {
        if (participants.Count == 0)
            return;
        if (_node.IsSyncVolume(volume))
            _node.GroupCommit.AfterSync(status => DeliverSynced(status, home, transaction, participants, isUrgent));
        else
            DeliverNow(home, transaction, participants, isUrgent);
    }

    /// <summary>Where the volume asks for it, nobody acts on a decision that the coordinator's machine could still forget. Leaves the group commit's thread.</summary>
    private void DeliverSynced(Errno status, Shard home, TransactionId transaction, IReadOnlyList<ShardId> participants, bool isUrgent)
    {
        if (status == Errno.None)
            _ = _node.Tasks.StartNew(() => DeliverNow(home, transaction, participants, isUrgent));
    }

    public void DeliverNow(Shard home, TransactionId transaction, IReadOnlyList<ShardId> participants, bool isUrgent = true)
    {
        var remote = new List<ShardId>();
        foreach (var participant in participants)
        {
            if (!TryDecideLocally(participant, transaction, commit: true))
                remote.Add(participant);
        }

        if (remote.Count == 0)
            Delivered(home, transaction);
        else if (!isUrgent && remote.Count == 1)
            _commits.Add(home, transaction, remote[0]);
        else
            Track(DeliverRemotelyAsync(home, transaction, remote));
    }

    /// <summary>Tells a participant once that the transaction was aborted.</summary>
    public void TellAborted(ShardId participant, TransactionId transaction)
    {
        if (!TryDecideLocally(participant, transaction, commit: false))
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

    private bool TryDecideLocally(ShardId participant, TransactionId transaction, bool commit)
    {
        if (Calls.TryFindLocal(participant) is not { } shard)
            return false;
        try
        {
            using (shard.Enter())
            {
                shard.RequireServing();
                shard.Transactions.Decide(transaction, commit);
            }

            return true;
        }
        catch (ShardRetiredException)
        {
            // Another node has it by now.
            return false;
        }
    }

    private async Task DeliverRemotelyAsync(Shard home, TransactionId transaction, List<ShardId> participants)
    {
        var calls = new List<Task<bool>>(participants.Count);
        foreach (var participant in participants)
            calls.Add(DeliverToAsync(participant, transaction));
        foreach (var call in calls)
        {
            if (!await call)
                return;
        }

        Delivered(home, transaction);
    }

    /// <summary>False when the node stops first: the decision stays logged and is delivered by the next start.</summary>
    private async Task<bool> DeliverToAsync(ShardId participant, TransactionId transaction)
    {
        while (!_stopping.IsCancellationRequested)
        {
            // A newer map may have made the participant a shard of this node.
            if (TryDecideLocally(participant, transaction, commit: true) || await CallDecideAsync(participant, transaction, commit: true))
                return true;
            LogDecisionNotDelivered(transaction, participant);
        }

        return false;
    }

    private async Task<bool> CallDecideAsync(ShardId participant, TransactionId transaction, bool commit)
    {
        var call = new ShardCall(Opcode.TransactionDecide, participant, default, Limits.DecideCallMs);
        var answer = await Calls.CallAsync(call, RawBody.Of(new TransactionDecideRequest(transaction, commit)));
        return answer.Status == Errno.None;
    }

    /// <summary>Everybody knows: the decision may be forgotten.</summary>
    public static void Delivered(Shard home, TransactionId transaction)
    {
        using (home.Enter())
            home.Transactions.Delivered(transaction);
    }
}
