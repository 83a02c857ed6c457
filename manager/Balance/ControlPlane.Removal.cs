using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Balance;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;

namespace SealFs.Manager;

/// <summary>Taking nodes out of the cluster, for ever or for a while, and whether that would harm.</summary>
internal sealed partial class ControlPlane
{
    public async Task<RemoveNodeResponse> RemoveNodeAsync(RemoveNodeRequest request, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var node = RequireNode(request.Node);
        var reasons = WhyNotRemovable(node);
        if (reasons.Count > 0 && !request.ForceLoseData)
            throw Refusal.State($"Node '{node.Record.Name}' cannot be removed: {string.Join("; ", reasons)}.");
        var change = NewChange();
        EndMovesOf(change, node);
        var lost = GiveAway(change, node);
        change.Put(node.Record with { Removed = true, Draining = false });
        change.ChangesMapNodes = true;
        foreach (var volume in volumes.Deleting)
            change.PurgeNoMore(volume.Record, node.Id);
        NoteNodes(change);
        await CommitAndTellAsync(change);
        foreach (var shard in lost)
            shardUse.Clear(shard);
        LogRemoved(node.Record.Id, node.Record.Name, lost.Count);
        return new RemoveNodeResponse { LostShards = { lost.Select(shard => shard.Value) } };
    }

    public async Task<long> SetMaintenanceAsync(SetMaintenanceRequest request, CancellationToken cancellation)
    {
        if (request.DurationMs > Limits.MaxMaintenance.TotalMilliseconds)
            throw Refusal.Invalid($"Maintenance lasts at most {Limits.MaxMaintenance.TotalHours} hours.");
        using var turn = await EnterAsync(cancellation);
        var node = RequireNode(request.Node);
        var until = request.DurationMs == 0 ? 0 : NowUnixMs() + (long)request.DurationMs;
        var change = NewChange();
        change.Put(node.Record with { MaintenanceUntilUnixMs = until });
        await CommitAsync(change);
        LogMaintenance(node.Record.Id, node.Record.Name, until);
        return until;
    }

    public async Task<NodeSafetyResponse> NodeSafetyAsync(string name, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var node = RequireNode(name);
        var (notRemovable, notRestartable) = (WhyNotRemovable(node), WhyNotRestartable(node));
        return new NodeSafetyResponse
        {
            SafeToRemove = notRemovable.Count == 0,
            NotRemovableBecause = { notRemovable },
            SafeToRestart = notRestartable.Count == 0,
            NotRestartableBecause = { notRestartable },
        };
    }

    private List<string> WhyNotRemovable(NodeEntry node)
    {
        var reasons = WhatIsLeft(node);
        if (node.IsLive && !node.Record.Draining)
            reasons.Add("it is live and is not being drained: shards could be moved to it at any time");
        if (node.IsLive && node.LastHeartbeat is null)
            reasons.Add("it has not been heard since the manager started");
        return reasons;
    }

    private List<string> WhyNotRestartable(NodeEntry node)
    {
        var reasons = new List<string>();
        foreach (var other in nodes.All.Where(other => other != node))
        {
            if (!other.IsLive)
                reasons.Add($"node '{other.Record.Name}' is dead");
            else if (other.InMaintenance(NowUnixMs()))
                reasons.Add($"node '{other.Record.Name}' is in maintenance");
            else if (other.LastHeartbeat is { Health: NodeHealth.Failed } failed)
                reasons.Add($"node '{other.Record.Name}' does not serve all of its shards: {failed.HealthText}");
        }
        foreach (var move in moves.Of(node.Id).Where(move => move.Record.IsSwitching))
            reasons.Add($"shard {move.Record.Shard} is just changing from node {move.Record.Source} to node {move.Record.Target}");
        return reasons;
    }

    private static void EndMovesOf(ClusterChange change, NodeEntry node)
    {
        foreach (var move in change.AllMoves().Where(move => move.Touches(node.Id)))
        {
            if (move.IsOpen)
                change.CallOff(move);
            else
                change.Finish(move);
        }
    }

    /// <summary>Every shard that the node serves begins again, empty, where there is a place for it. Where it has other copies, nothing is lost.</summary>
    private List<ShardId> GiveAway(ClusterChange change, NodeEntry node)
    {
        var weights = new ShareWeights(nodes.All.Select(other => other.Record));
        var takers = nodes.All.Where(other => other != node && other.IsLive && !other.Record.Draining)
            .ToDictionary(other => other.Id, other => (Held: ShardsOf(other.Id), Weight: weights[other.Id]));
        var lost = new List<ShardId>();
        for (var index = 0u; index < cluster.ShardCount; index++)
        {
            var shard = new ShardId(index);
            if (!change[shard].Replicas.InSync.Contains(node.Id))
                continue;
            if (takers.Count == 0)
                throw Refusal.State($"Node '{node.Record.Name}' cannot be removed: no other live node could take its shards, not even empty.");
            var taker = takers.MinBy(entry => (entry.Value.Held + 1) / entry.Value.Weight);
            takers[taker.Key] = (taker.Value.Held + 1, taker.Value.Weight);
            change[shard] = change[shard].GivenTo(taker.Key);
            foreach (var move in change.AllMoves().Where(move => move.ShardId == shard && move.IsOpen))
                change.CallOff(move);
            lost.Add(shard);
        }
        return lost;
    }
}
