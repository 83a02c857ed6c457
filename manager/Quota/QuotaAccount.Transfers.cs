using SealFs.Core;

namespace SealFs.Manager.Quota;

/// <summary>
/// Shards that change nodes. The old node's usage and ceiling sink by what the shard uses when it stops serving, the new one's rise by the same when it begins,
/// and their heartbeats tell of it in any order. In between, what sank is parked: it counts as reserved until both have been heard, so that it is not granted to
/// a third node, and as used until it shows at the new one.
/// </summary>
internal sealed partial class QuotaAccount
{
    private readonly List<Transfer> transfers = [];

    private bool IsMoving => transfers.Any(transfer => transfer.Reserved > 0);

    private UInt128 ParkedUse => transfers.Aggregate(UInt128.Zero, (sum, transfer) => sum + transfer.Used);

    /// <summary>A shard may go from one node to the other from now on.</summary>
    /// <param name="move">Names the transfer.</param>
    /// <param name="source">The old node.</param>
    /// <param name="target">The new node.</param>
    public void BeginTransfer(ulong move, NodeId source, NodeId target)
    {
        if (!transfers.Exists(transfer => transfer.Move == move))
            transfers.Add(new Transfer(move, source, target));
    }

    /// <summary>Both nodes have been heard since it was decided who serves the shard.</summary>
    public void EndTransfer(ulong move)
    {
        var ended = transfers.Find(transfer => transfer.Move == move);
        if (ended is null)
            return;
        transfers.Remove(ended);
        if (transfers.Find(transfer => transfer.Source == ended.Source) is { } other)
        {
            other.Reserved += ended.Reserved;
            other.Used += ended.Used;
            return;
        }
        reserved -= ended.Reserved;
    }

    /// <summary>Of several shards that leave one node at a time it cannot be told which of them took what: it stays parked until the last of them has arrived.</summary>
    private void Move(NodeId node, Holding before, Holding after, bool firstReport)
    {
        if (firstReport || transfers.Count == 0)
            return;
        if (transfers.Find(transfer => transfer.Source == node) is { } leaving)
        {
            var sunk = before.Reserved > after.Reserved ? before.Reserved - after.Reserved : 0;
            leaving.Reserved += sunk;
            reserved += sunk;
            leaving.Used += Math.Min(sunk, before.Used > after.Used ? before.Used - after.Used : 0);
        }
        var risen = after.Used > before.Used ? after.Used - before.Used : 0;
        foreach (var arriving in transfers.Where(transfer => transfer.Target == node))
        {
            var shown = (ulong)UInt128.Min(risen, arriving.Used);
            arriving.Used -= shown;
            risen -= shown;
        }
    }

    private sealed class Transfer(ulong move, NodeId source, NodeId target)
    {
        public ulong Move { get; } = move;

        public NodeId Source { get; } = source;

        public NodeId Target { get; } = target;

        public UInt128 Used { get; set; }

        public UInt128 Reserved { get; set; }
    }
}
