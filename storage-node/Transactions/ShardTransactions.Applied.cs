using SealFs.Core;

namespace SealFs.StorageNode.Transactions;

/// <content>
/// What the participant remembers, in rows, of the commits that it has applied. A coordinator may tell a commit again until it has forgotten it for good, and from what it
/// answers the coordinator learns whether this node has lost the transaction with its power. So the participant asks before it forgets.
/// </content>
internal sealed partial class ShardTransactions
{
    /// <summary>Each with the node's milliseconds from which on the coordinator is asked.</summary>
    private readonly Dictionary<TransactionId, long> _applied = [];

    /// <summary>Commits of other shards that are remembered here.</summary>
    public int AppliedCount => _applied.Count;

    /// <summary>Adds those that their coordinators may have forgotten by now; each is asked about again after a while.</summary>
    public void TakeForgettable(int most, List<TransactionId> target)
    {
        var now = _shard.Node.NowMs;
        var first = target.Count;
        foreach (var (transaction, askAtMs) in _applied)
        {
            if (target.Count - first == most)
                break;
            if (askAtMs <= now)
                target.Add(transaction);
        }

        for (var index = first; index < target.Count; index++)
            _applied[target[index]] = now + Limits.KeepAppliedMs;
    }

    /// <summary>The coordinators have forgotten these, and can tell none of them again.</summary>
    public void ForgetApplied(IEnumerable<TransactionId> transactions)
    {
        var mutation = _shard.Begin(default);
        var forgotten = transactions.Where(_applied.ContainsKey).ToList();
        foreach (var transaction in forgotten)
            TransactionRows.DeleteApplied(mutation, transaction);
        mutation.Commit();
        foreach (var transaction in forgotten)
            _applied.Remove(transaction);
    }

    private bool IsApplied(TransactionId transaction) => _applied.ContainsKey(transaction) || _ended.Contains(transaction);

    /// <summary>A request to follow that was sent over a connection which broke may be read late, and must not be done again then.</summary>
    private void RememberApplied(TransactionId transaction, bool wasUnprepared) =>
        _applied[transaction] = _shard.Node.NowMs + (wasUnprepared ? Limits.KeepFollowedMs : Limits.KeepAppliedMs);
}
