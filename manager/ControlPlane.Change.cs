using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;
using SealFs.Manager.Store;
using SealFs.Manager.Volumes;

namespace SealFs.Manager;

/// <summary>How changes of nodes, map and moves are stored and taken over.</summary>
internal sealed partial class ControlPlane
{
    private ClusterChange NewChange() => new(Maps.Current, moves, moveTotals, placement);

    /// <summary>Stores a change as one batch, and then makes it so.</summary>
    private async Task CommitAsync(ClusterChange change)
    {
        var map = MapAfter(change);
        var nextCluster = cluster with
        {
            NextNodeId = change.Nodes.Count == 0 ? cluster.NextNodeId : Math.Max(cluster.NextNodeId, change.Nodes.Keys.Max().Value + 1),
            MapVersion = map.Version,
            MapBuilt = map.IsBuilt,
        };
        var batch = BatchOf(change, map, nextCluster);
        await SaveAsync(batch);
        TakeOver(change, map, nextCluster);
    }

    private ClusterMap MapAfter(ClusterChange change)
    {
        var map = Maps.Current;
        if (!change.ChangesMap)
            return map;
        var shown = map.Nodes.ToDictionary(node => node.Id);
        foreach (var (id, record) in change.Nodes)
        {
            if (record.Removed)
                shown.Remove(id);
            else
                shown[id] = record.ToClusterNode();
        }
        var assignments = change.Built is { } built
            ? built.Select((replicas, index) => KeyValuePair.Create(new ShardId((uint)index), new ShardAssignment(new Epoch(1), replicas)))
            : change.Shards;
        return map.WithAssignments(shown.Values, assignments);
    }

    private StoreBatch BatchOf(ClusterChange change, ClusterMap map, ClusterRecord nextCluster)
    {
        var batch = new StoreBatch();
        if (nextCluster != cluster)
            batch.Put(nextCluster);
        if (change.Built is not null)
            batch.PutShards(map);
        else if (change.Shards.Count > 0)
            batch.PutShards(map, change.Shards.Keys);
        foreach (var (id, record) in change.Nodes)
        {
            batch.Put(record);
            if (record.Removed)
                batch.Delete(RecordCodec.UsageKey(id));
        }
        foreach (var (id, record) in change.Moves)
            _ = record is null ? batch.Delete(RecordCodec.MoveKey(id)) : batch.Put(record);
        foreach (var (id, pending) in change.PurgePending)
            _ = pending.Count == 0 ? batch.Delete(RecordCodec.VolumeKey(id)) : batch.Put(WithPending(id, pending));
        if (change.Totals != moveTotals)
            batch.Put(change.Totals);
        if (change.Placement != placement)
            batch.Put(change.Placement);
        if (change.Balance is { } settings)
            batch.Put(settings);
        return batch;
    }

    private VolumeRecord WithPending(VolumeId volume, HashSet<uint> pending) => volumes.ById(volume)!.Record with { PurgePending = [.. pending.Order()] };

    private void TakeOver(ClusterChange change, ClusterMap map, ClusterRecord nextCluster)
    {
        cluster = nextCluster;
        moveTotals = change.Totals;
        placement = change.Placement;
        balance = change.Balance ?? balance;
        foreach (var (id, record) in change.Nodes)
            TakeOver(id, record);
        foreach (var (id, record) in change.Moves)
            TakeOver(id, record);
        foreach (var (id, pending) in change.PurgePending)
            TakeOver(volumes.ById(id)!, pending);
        if (map.Version != Maps.Current.Version)
            Maps.Publish(map);
        movesAreDue |= change.Moves.Count > 0;
    }

    private void TakeOver(NodeId id, NodeRecord record)
    {
        if (!nodes.TryGet(id, out var node))
        {
            nodes.Add(new NodeEntry(record));
            return;
        }
        node.Record = record;
        if (!record.Removed)
            return;
        nodes.Remove(node);
        foreach (var volume in volumes.All)
        {
            volume.Bytes.Forget(id);
            volume.Inodes.Forget(id);
        }
    }

    private void TakeOver(VolumeEntry volume, HashSet<uint> pending)
    {
        if (pending.Count > 0)
        {
            volume.Record = WithPending(volume.Id, pending);
            return;
        }
        volumes.Remove(volume);
        LogVolumePurged(volume.Record.Id, volume.Record.Name);
    }
}
