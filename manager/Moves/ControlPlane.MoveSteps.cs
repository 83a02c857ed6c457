using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Balance;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;
using SealFs.Manager.Store;

namespace SealFs.Manager;

/// <summary>What happens to moves by itself: they begin, go back, are given up.</summary>
internal sealed partial class ControlPlane
{
    private bool movesAreDue = true;

    private void RestoreMoves(IReadOnlyDictionary<string, byte[]> records)
    {
        moveTotals = RecordCodec.MoveTotals(records);
        placement = RecordCodec.Placement(records);
        balance = RecordCodec.Balance(records);
        foreach (var record in RecordCodec.Moves(records))
            moves.Put(record);
    }

    private void TakeOver(ulong id, MoveRecord? next)
    {
        var before = moves.TryGet(id, out var known) ? known.Record : null;
        if (next is null)
            moves.Remove(id);
        else
            moves.Put(next);
        if (before is not { IsSwitching: true } || next is { IsSwitching: true })
            return;

        // It has been decided who has the shard: the target when the move goes on with dropping, the source in every other case.
        PurgeAnew(before);
        if (next is null)
            LogWentBack(id, before.Shard, before.Source, before.Target);
    }

    /// <summary>A node that dies or begins anew does not remember what it was about to hand over: the source serves again, in a new epoch.</summary>
    private void StopSwitching(ClusterChange change, NodeId node)
    {
        foreach (var move in change.AllMoves().Where(move => move.IsSwitching && move.Touches(node)))
            change.GoBack(move);
    }

    /// <summary>Begins what waits, as far as the limits allow. Moves of which nothing is left to be done are over.</summary>
    private void StartWaiting(ClusterChange change)
    {
        movesAreDue = false;
        var waiting = change.AllMoves().Where(move => move.Phase == MovePhase.Waiting).OrderBy(move => Urgency(move.Reason)).ThenBy(move => move.Id).ToList();
        if (waiting.Count == 0)
            return;
        var slots = new MoveSlots(balance.Moves, balance.MovesPerNode);
        var copying = change.AllMoves().Where(move => move.IsCopying).ToList();
        foreach (var move in copying)
            slots.Take(move.SourceId, move.TargetId, standsStill: WhyNotNow(move) is not null);
        var room = new RoomTally(Promised(copying));
        foreach (var move in waiting)
            TryStart(change, move, slots, room);
    }

    private void TryStart(ClusterChange change, MoveRecord move, MoveSlots slots, RoomTally room)
    {
        var replicas = change[move.ShardId].Replicas;
        if (!replicas.InSync.Contains(move.SourceId) || replicas.InSync.Contains(move.TargetId)
            || !nodes.TryGet(move.SourceId, out var sourceEntry) || !nodes.TryGet(move.TargetId, out var targetEntry))
        {
            change.CallOff(move);
            return;
        }
        if (!slots.Allow(move.SourceId, move.TargetId))
            return;
        var (source, target) = (ToPlacement(sourceEntry), ToPlacement(targetEntry));
        var bytes = shardUse.BytesOf(move.ShardId);
        if (source.WhyNoSource is not null || target.WhyNoTarget is not null || !room.Fits(bytes, source, target))
            return;
        slots.Take(move.SourceId, move.TargetId);
        room.Give(bytes, move.TargetId);
        change.Begin(move);
    }

    private static int Urgency(MoveReason reason) => reason switch
    {
        MoveReason.Manual => 0,
        MoveReason.Drain => 1,
        MoveReason.Share => 2,
        _ => 3,
    };

    /// <summary>What moves will still bring to their targets, beyond what has been copied and so shows on the disks.</summary>
    private Dictionary<NodeId, double> Promised(IEnumerable<MoveRecord> open)
    {
        var promised = new Dictionary<NodeId, double>();
        foreach (var move in open)
        {
            var copied = moves.TryGet(move.Id, out var entry) ? entry.Copy?.BytesCopied ?? 0 : 0;
            var bytes = shardUse.BytesOf(move.ShardId);
            promised[move.TargetId] = promised.GetValueOrDefault(move.TargetId) + (bytes > copied ? bytes - copied : 0);
        }
        return promised;
    }

    /// <summary>Moves that will not be made: onto nodes that stay away, or that have turned out not to be well.</summary>
    private void GiveUp(ClusterChange change)
    {
        foreach (var move in change.AllMoves().Where(move => move.IsOpen && !move.IsSwitching))
        {
            if (!nodes.TryGet(move.TargetId, out var target) || WhyGivenUp(target, move) is not { } why)
                continue;
            change.CallOff(move);
            change.Placement = change.Placement with { Settled = false };
            LogGivenUp(move.Id, move.Shard, move.Source, move.Target, why);
        }
    }

    private string? WhyGivenUp(NodeEntry target, MoveRecord move)
    {
        if (!target.IsLive)
            return !target.InMaintenance(NowUnixMs()) && clock.GetElapsedTime(target.LeaseEnd) > options.MovePatience ? "the target is dead" : null;
        return move.IsCopying && target.LastHeartbeat is { Health: not NodeHealth.Ok } heartbeat ? $"the target is not well: {heartbeat.HealthText}" : null;
    }

    /// <summary>Old copies on nodes that are dead: they are dropped as leftovers when such a node returns.</summary>
    private void FinishWithDeadSources(ClusterChange change)
    {
        foreach (var move in moves.Dropping.Where(move => HasServed(move) && !(nodes.TryGet(move.Record.SourceId, out var source) && source.IsLive)))
            change.Finish(move.Record);
    }

    private PlacementNode ToPlacement(NodeEntry node, double shareWeight = 1)
    {
        var heartbeat = node.LastHeartbeat;
        return new PlacementNode
        {
            Id = node.Id,
            Name = node.Record.Name,
            Zone = node.Record.Zone,
            ShareWeight = shareWeight,
            LoadWeight = node.Record.Weight,
            Draining = node.Record.Draining,
            Live = node.IsLive,
            InMaintenance = node.InMaintenance(NowUnixMs()),
            Healthy = heartbeat is null or { Health: NodeHealth.Ok },
            Heard = heartbeat is not null,
            Data = new DiskRoom(heartbeat?.CapacityBytes ?? 0, heartbeat?.FreeBytes ?? 0),
            Metadata = new DiskRoom(heartbeat?.MetadataCapacityBytes ?? 0, heartbeat?.MetadataFreeBytes ?? 0),
        };
    }
}
