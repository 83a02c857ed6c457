using SealFs.Core;
using SealFs.Core.Control;

namespace SealFs.Manager.Quota;

/// <summary>
/// The arithmetic of one quota (bytes or inodes of one volume) that many nodes use up at the same time. Pure: no clock, no store.
/// <para>
/// Each node has a ceiling: its own usage may grow up to it without asking. What is reserved for a node is the higher of the ceiling that it applies and
/// the ceiling that it was sent last, because the answer may be lost or still under way; a heartbeat that carries the applied ceiling settles which one it is.
/// A ceiling is only raised while the reservations of all nodes together stay within the quota. So the quota is never overshot, with one exception that is
/// wanted: a dead node's unspent allowance is given to others (<see cref="Reclaim"/>), and what it had used of that since its last heartbeat shows when it returns.
/// </para>
/// <para>
/// Nodes without need hold a standing allowance that shrinks with what remains (together at most half of it), so that first writes need no question. A node
/// that asks urgently gets half of what nobody has reserved, or all of it when little is left. While one asks in vain, the others' idle allowance is taken back.
/// </para>
/// <para>
/// A shard that moves takes its usage and as much of the ceiling along, without asking. The old owner goes on telling it until the new one has told it,
/// so that the sum never lacks it; whoever asks in vain while both do is told that there will be more.
/// </para>
/// </summary>
internal sealed class QuotaAccount
{
    /// <summary>Below this (or 1 % of the quota) an urgent question is answered with all that is left.</summary>
    public const ulong SmallRemainderBytes = 64UL << 20;

    /// <summary>The same for inodes.</summary>
    public const ulong SmallRemainderInodes = 1024;

    private readonly Dictionary<NodeId, Holding> holdings = [];
    private readonly HashSet<NodeId> unheard;
    private readonly HashSet<NodeId> starved = [];
    private readonly Dictionary<NodeId, ulong> leavers = [];
    private readonly ulong leastRemainder;
    private ulong quota;
    private UInt128 used;
    private UInt128 reserved;

    /// <param name="quota">0 = unlimited.</param>
    /// <param name="leastRemainder"><see cref="SmallRemainderBytes"/> or <see cref="SmallRemainderInodes"/>.</param>
    /// <param name="unheard">Nodes that may hold ceilings of which this account knows nothing: nothing is granted until each has reported or died.</param>
    public QuotaAccount(ulong quota, ulong leastRemainder, IEnumerable<NodeId> unheard)
    {
        this.quota = quota;
        this.leastRemainder = leastRemainder;
        this.unheard = [.. unheard];
    }

    /// <summary>What all nodes reported.</summary>
    public ulong Used => used > ulong.MaxValue ? ulong.MaxValue : (ulong)used;

    /// <summary>What is used or may be used without asking.</summary>
    public UInt128 Reserved => reserved;

    /// <summary>True while a node waits for allowance that others hold: everybody should report soon.</summary>
    public bool IsTight => starved.Count > 0;

    /// <summary>Usage that is known from the store, of a node that has not reported yet.</summary>
    public void Restore(NodeId node, ulong usedByNode) => Set(node, new Holding(usedByNode, usedByNode));

    public ulong UsedBy(NodeId node) => holdings.GetValueOrDefault(node).Used;

    /// <summary>Takes a node's report and answers with its new ceiling.</summary>
    /// <param name="node">Who reports.</param>
    /// <param name="usedByNode">What it uses, reservations for requests under way included.</param>
    /// <param name="applied">The ceiling that it applies at this moment.</param>
    /// <param name="urgent">Requests wait for a higher one.</param>
    /// <param name="nodes">Number of nodes that share the volume.</param>
    /// <param name="leaving">Part of both that belongs to shards which were handed over: their new owners may have told it too, and the node will tell it no more.</param>
    public QuotaAnswer Report(NodeId node, ulong usedByNode, ulong applied, bool urgent, int nodes, ulong leaving = 0)
    {
        SetLeaving(node, leaving);
        var before = holdings.GetValueOrDefault(node);
        var firstReport = unheard.Remove(node) || !holdings.ContainsKey(node);
        if (quota == 0)
        {
            Set(node, new Holding(usedByNode, usedByNode));
            return new(ControlLimits.UnlimitedCeiling, MoreExpected: false);
        }

        // A ceiling beyond the quota (there was a larger one, or none) leaves nothing to anybody else, however far beyond it is.
        var held = Math.Max(usedByNode, Math.Min(applied, quota));
        Set(node, new Holding(usedByNode, held));
        var consumed = firstReport || usedByNode < before.Used ? 0 : usedByNode - before.Used;
        var room = RoomFor(node, usedByNode);
        var wanted = unheard.Count > 0 ? held - usedByNode : Wanted(node, room, consumed, urgent, nodes);
        var granted = Math.Min(wanted, room);
        Set(node, new Holding(usedByNode, Math.Max(held, usedByNode + granted)));

        var inVain = urgent && granted <= held - usedByNode;
        if (inVain && (IdleElsewhere(node) > quota / 100 || leavers.Keys.Any(other => other != node)))
            starved.Add(node);
        else
            starved.Remove(node);
        return new(usedByNode + granted, inVain && (starved.Contains(node) || unheard.Count > 0));
    }

    /// <summary>Changes the quota.</summary>
    /// <param name="newQuota">0 = unlimited. May be below what is used: nothing is granted then.</param>
    /// <param name="holders">Nodes that may apply ceilings at this moment: where there was no quota, their ceilings have no limit yet.</param>
    public void Resize(ulong newQuota, IEnumerable<NodeId> holders)
    {
        if (quota == 0 && newQuota != 0)
            unheard.UnionWith(holders);
        if (newQuota == 0)
            starved.Clear();
        quota = newQuota;
    }

    /// <summary>The node is dead: its unspent allowance goes back, its usage stays.</summary>
    public void Reclaim(NodeId node)
    {
        unheard.Remove(node);
        starved.Remove(node);
        SetLeaving(node, 0);
        if (holdings.TryGetValue(node, out var holding))
            Set(node, new Holding(holding.Used, holding.Used));
    }

    /// <summary>The node is gone for ever, with everything that it used.</summary>
    public void Forget(NodeId node)
    {
        Reclaim(node);
        Set(node, default);
        holdings.Remove(node);
    }

    private ulong Wanted(NodeId node, ulong room, ulong consumed, bool urgent, int nodes)
    {
        var small = Math.Max(leastRemainder, quota / 100);
        if (urgent)
            return room <= small ? room : Math.Max(room / 2, small);
        if (consumed == 0 && starved.Any(other => other != node))
            return 0;
        var remaining = quota > used ? quota - (ulong)used : 0;
        var standing = remaining / (2 * (ulong)Math.Max(nodes, 1));
        return Math.Max(standing, consumed > room / 8 ? room / 2 : 4 * consumed);
    }

    /// <summary>What this node could be given beyond its usage, with every other reservation kept.</summary>
    private ulong RoomFor(NodeId node, ulong usedByNode)
    {
        var taken = reserved - holdings[node].Reserved + usedByNode;
        return quota > taken ? quota - (ulong)taken : 0;
    }

    private UInt128 IdleElsewhere(NodeId node) => reserved - used - (holdings[node].Reserved - holdings[node].Used);

    private void SetLeaving(NodeId node, ulong leaving)
    {
        if (leaving == 0)
            leavers.Remove(node);
        else
            leavers[node] = leaving;
    }

    private void Set(NodeId node, Holding holding)
    {
        var before = holdings.GetValueOrDefault(node);
        used = used - before.Used + holding.Used;
        reserved = reserved - before.Reserved + holding.Reserved;
        holdings[node] = holding;
    }

    private readonly record struct Holding(ulong Used, ulong Reserved);
}
