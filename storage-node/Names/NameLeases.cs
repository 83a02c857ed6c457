using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>
/// Sessions that may count on it that nobody else adds names to a directory (<see cref="NameLease"/>): they fill it without asking for each name whether it is there. Kept in memory alone, by
/// directory, while that has one partition. Used with the shard's gate held. See docs/decisions/0007.
/// </summary>
internal sealed class NameLeases(Shard shard)
{
    private readonly Dictionary<InodeId, Lease> _leases = [];
    private long _lastUntilMs = long.MinValue;

    private NodeContext Node => shard.Node;

    private long DurationMs => (long)Node.NameLeaseTime.TotalMilliseconds;

    /// <summary>Some lease may be in force still.</summary>
    public bool IsAnyInForce => Node.NowMs < _lastUntilMs;

    /// <summary>
    /// To be asked before a name is added: false while another session has a lease, which ends soon, since it is not renewed any more. True ends it for good.
    /// </summary>
    public bool MayAdd(InodeId directory, SessionId session)
    {
        // What an earlier life of this node has promised is not known.
        if (Node.NowMs < Node.StartedAtMs + DurationMs)
            return false;
        if (_leases.Count == 0 || !_leases.TryGetValue(directory, out var lease) || lease.Session == session)
            return true;
        if (Node.NowMs < lease.UntilMs && (Node.PlantedBugs & PlantedBugs.AddDespiteLease) == 0)
        {
            lease.WantedMs = Node.NowMs;
            return false;
        }

        _leases.Remove(directory);
        return true;
    }

    /// <summary>A session has added a name to a directory of one partition. A lease begins with the first name of a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="session">Whose request it was.</param>
    /// <param name="entryCount">Entries with the new one.</param>
    /// <param name="ownShares">Shares of the directory's lock that belong to the request's own transaction.</param>
    public NameLease Added(InodeId directory, SessionId session, ulong entryCount, int ownShares = 0)
    {
        // A learner's node will know nothing of leases: until the shard is there, none is in force any more.
        if (DurationMs == 0 || shard.Log is not null)
            return default;

        // Names that other transactions have prepared may appear at any time: also of the same session, whose worker has died since and whose successor does not know them yet.
        var isFirst = entryCount == 1 && shard.Locks.SharesOf(LockKey.Directory(directory)) == ownShares;
        if (_leases.TryGetValue(directory, out var lease))
        {
            if (Node.NowMs < lease.WantedMs + NodeLimits.LeasePauseMs)
                return default;
            Begin(lease);
            return new NameLease(lease.Id, isFirst);
        }

        if (!isFirst || !HasRoom())
            return default;
        lease = new Lease { Session = session, Id = (ulong)Node.Execution.Random.NextInt64(1, long.MaxValue) };
        _leases.Add(directory, lease);
        Begin(lease);
        return new NameLease(lease.Id, WasEmpty: true);
    }

    private void Begin(Lease lease) => lease.UntilMs = _lastUntilMs = Node.NowMs + DurationMs;

    /// <summary>Leases that are not in force are let go of where there are too many: their directories do without.</summary>
    private bool HasRoom()
    {
        if (_leases.Count < NodeLimits.NameLeasesPerShard)
            return true;
        foreach (var (directory, lease) in _leases)
        {
            if (Node.NowMs >= lease.UntilMs)
                _leases.Remove(directory);
        }

        return _leases.Count < NodeLimits.NameLeasesPerShard;
    }

    private sealed class Lease
    {
        public required SessionId Session { get; init; }

        public required ulong Id { get; init; }

        public long UntilMs { get; set; }

        /// <summary>When another session was last refused because of it.</summary>
        public long WantedMs { get; set; } = long.MinValue / 2;
    }
}
