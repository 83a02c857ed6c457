using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Manager.Balance;

/// <summary>
/// What has to move so that every node holds its share: least movement, draining nodes empty. Pure. What cannot be done now (a dead node, one in maintenance, no
/// room) is left for later; only what drains is placed elsewhere instead.
/// </summary>
internal sealed class SharePlanner
{
    private readonly PlacementSnapshot snapshot;
    private readonly Dictionary<NodeId, PlacementNode> nodes;
    private readonly RoomTally room;
    private readonly Dictionary<NodeId, int> held = [];
    private readonly List<PlanStep> steps = [];
    private readonly List<BlockedStep> blocked = [];

    private SharePlanner(PlacementSnapshot snapshot)
    {
        this.snapshot = snapshot;
        nodes = snapshot.Nodes.ToDictionary(node => node.Id);
        room = new RoomTally(snapshot.Promised);
        foreach (var holder in snapshot.Holders.SelectMany(replicas => replicas.InSync))
            held[holder] = held.GetValueOrDefault(holder) + 1;
    }

    public static MovePlan Plan(PlacementSnapshot snapshot)
    {
        var planner = new SharePlanner(snapshot);
        planner.Place(planner.Desired());
        return new(MovePlan.Spread(planner.steps), planner.blocked);
    }

    /// <summary>Every node that stays has its share, also one that is away for a while: it will be back.</summary>
    private ReplicaSet[] Desired()
    {
        var staying = snapshot.Nodes.Where(node => !node.Draining).Select(node => node.ToClusterNode()).ToList();
        return staying.Count == 0 ? snapshot.Holders : ShardMapBuilder.Rebalance(snapshot.Holders, staying, snapshot.Copies);
    }

    private void Place(ReplicaSet[] desired)
    {
        for (var shard = 0; shard < desired.Length; shard++)
        {
            if (snapshot.Moving.Contains(new ShardId((uint)shard)))
                continue;
            var (before, after) = (snapshot.Holders[shard].InSync, desired[shard].InSync);
            var leaving = before.Where(node => nodes[node].Draining || !after.Contains(node)).ToList();
            var coming = after.Where(node => !before.Contains(node)).ToList();
            for (var index = 0; index < leaving.Count; index++)
                Place(shard, nodes[leaving[index]], index < coming.Count ? nodes[coming[index]] : null);
        }
    }

    private void Place(int shard, PlacementNode source, PlacementNode? wanted)
    {
        if (snapshot.Pinned.Contains(new ShardId((uint)shard)) && !source.Draining)
            return;
        if (source.WhyNoSource is { } gone)
        {
            Block(shard, source, gone);
            return;
        }
        var obstacle = wanted is null ? "no other node stays in the cluster" : WhyNot(shard, source, wanted);
        var target = obstacle is null ? wanted : source.Draining ? Elsewhere(shard, source) : null;
        if (target is null)
        {
            Block(shard, source, obstacle!);
            return;
        }
        room.Give(snapshot.BytesOf(shard), target.Id);
        held[source.Id]--;
        held[target.Id] = held.GetValueOrDefault(target.Id) + 1;
        steps.Add(new(new ShardId((uint)shard), source.Id, target.Id, source.Draining ? MoveReason.Drain : MoveReason.Share));
    }

    private void Block(int shard, PlacementNode source, string why) => blocked.Add(new(new ShardId((uint)shard), source.Id, why));

    private string? WhyNot(int shard, PlacementNode source, PlacementNode target) =>
        target.WhyNoTarget ?? (room.Fits(snapshot.BytesOf(shard), source, target) ? null : $"node '{target.Name}' has no room for it");

    /// <summary>The least filled of those that can take it, in a zone of its own if there is one.</summary>
    private PlacementNode? Elsewhere(int shard, PlacementNode source)
    {
        var holders = snapshot.Holders[shard].InSync;
        var zones = holders.Where(holder => holder != source.Id).Select(holder => nodes[holder].Zone).ToHashSet();
        return snapshot.Nodes
            .Where(node => !holders.Contains(node.Id) && WhyNot(shard, source, node) is null)
            .OrderBy(node => zones.Contains(node.Zone))
            .ThenBy(node => (held.GetValueOrDefault(node.Id) + 1) / node.ShareWeight)
            .ThenBy(node => node.Id)
            .FirstOrDefault();
    }
}
