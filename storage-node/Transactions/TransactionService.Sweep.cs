using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <summary>The sweep: delivers what an earlier life decided, asks for what is in doubt, and deletes the rows of decisions that everybody knows.</summary>
internal sealed partial class TransactionService
{
    private readonly HashSet<Shard> _recovered = [];
    private ClusterMap? _sweptMap;
    private int _sweeps;

    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.SweepMs), _node.Time);
        try
        {
            do
                _node.Guard("Sweeping transactions", SweepShards);
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private void SweepShards()
    {
        var doubtful = new List<TransactionId>();
        _recovered.RemoveWhere(static shard => shard.IsRetired);
        foreach (var shard in ShardsToSweep())
        {
            try
            {
                Recover(shard);
                doubtful.Clear();
                using (shard.Enter())
                {
                    shard.Transactions.ForgetDelivered();
                    shard.Transactions.TakeDoubtful(_node.NowMs - Limits.DoubtMs, doubtful);
                }

                foreach (var transaction in doubtful)
                    Track(ResolveAsync(shard, transaction));
            }
            catch (ShardRetiredException)
            {
                // Its new owner sweeps it.
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                _node.BackgroundFailed($"Sweeping the transactions of shard {shard.Id}", failure);
            }
        }

        if (++_sweeps % Limits.SweepsPerQuestion == 0)
            AskWhatIsForgotten();
    }

    /// <summary>Every shard after the map changed, since it may hold what an earlier life left; otherwise those that are in use.</summary>
    private IEnumerable<Shard> ShardsToSweep()
    {
        var map = _node.Map;
        if (ReferenceEquals(map, _sweptMap))
            return _node.Shards.Opened();
        var all = _node.Shards.All().ToList();
        _sweptMap = map;
        return all;
    }

    /// <summary>Once for each shard: what it decided before this start.</summary>
    private void Recover(Shard shard)
    {
        if (!_recovered.Add(shard))
            return;
        foreach (var decision in shard.Transactions.Recovered)
        {
            LogRecovered(decision.Id, decision.Parts.Count);
            if (decision.FollowUp is not null)
                Track(FollowUpAgainAsync(shard, decision));
            else
                Deliver(shard, decision.Id, isUrgent: true);
        }
    }

    private async Task FollowUpAgainAsync(Shard shard, Decision decision)
    {
        try
        {
            await FollowUpAsync(shard, decision);
        }
        catch (ShardRetiredException)
        {
            // Its new owner does it.
        }
    }

    /// <summary>A participant wants to know now what became of a transaction. With the participant's gate held: the coordinator may be a shard of this node.</summary>
    public void Resolve(Shard participant, TransactionId transaction) => _ = _node.Tasks.StartNew(() => Track(ResolveAsync(participant, transaction)));

    private async Task ResolveAsync(Shard participant, TransactionId transaction)
    {
        var (status, committed) = await AskCoordinatorAsync(transaction);

        // It is being decided, or waits for the name of a directory above: soon.
        for (var tries = 1; status == Errno.Busy && tries <= Limits.QuickQuestions && !IsStopping; tries++)
        {
            await OperationRunner.BackOffAsync(tries, _node);
            (status, committed) = await AskCoordinatorAsync(transaction);
        }

        LogResolved(transaction, participant.Id, status, committed);
        using (participant.Enter())
        {
            // Its new owner asks as well.
            if (participant.IsRetired)
                return;
            if (status != Errno.None || participant.Transactions.Decide(transaction, committed) != Errno.None)
                participant.Transactions.StillDoubtful(transaction);
        }
    }

    private async ValueTask<(Errno Status, bool Committed)> AskCoordinatorAsync(TransactionId transaction)
    {
        if (Calls.TryFindLocal(transaction.Coordinator) is { } home)
        {
            using (home.Enter())
            {
                if (home.IsRetired)
                    return (Errno.Busy, false);
                return (home.Transactions.Resolve(transaction, out var known), known);
            }
        }

        var call = new ShardCall(Opcode.TransactionResolve, transaction.Coordinator, default, Limits.DecideCallMs);
        var answer = await Calls.CallAsync(call, RawBody.Of(new TransactionResolveRequest(transaction)));
        if (answer.Status != Errno.None)
            return (answer.Status, false);
        return answer.TryRead<TransactionResolveReply>(out var reply) ? (Errno.None, reply.Committed) : (Errno.EIO, false);
    }
}
