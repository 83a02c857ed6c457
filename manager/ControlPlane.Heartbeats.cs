using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;
using SealFs.Manager.Quota;
using SealFs.Manager.Store;
using SealFs.Manager.Volumes;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Manager;

/// <summary>Heartbeats: the lease, the quota, and what nodes have to know.</summary>
internal sealed partial class ControlPlane
{
    public async Task<HeartbeatResponse> HeartbeatAsync(HeartbeatRequest request, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var node = CheckHeartbeat(request);
        await ReviveAsync(node);
        await TakePurgedAsync(node, request);
        node.LeaseEnd = After(options.NodeLease);
        node.LastSequence = request.Sequence;
        var isFirst = node.LastHeartbeat is null;
        node.LastHeartbeat = request;
        TakeUse(node, request);
        Metrics.CountHeartbeat();

        var response = new HeartbeatResponse { LeaseMs = (ulong)options.NodeLease.TotalMilliseconds, MapVersion = Maps.Current.Version, Room = CountDisks(isFirst) };
        AnswerQuota(node, request, response);
        AnswerSessions(request, response);
        if (clock.GetElapsedTime(node.TokenSignedAt) >= options.TokenLifetime / 3)
            response.Token = SignFor(node);
        AnswerPurges(node, response);
        await AdvanceMovesAsync(node, request);
        AnswerCopies(node, request, response);
        response.MapVersion = Maps.Current.Version;
        response.NextHeartbeatMs = (ulong)NextHeartbeat(node).TotalMilliseconds;
        return response;
    }

    /// <summary>
    /// Ten times as often while a node waits for allowance that others give back with their heartbeats; and somewhat more often for nodes of which a move waits.
    /// </summary>
    private TimeSpan NextHeartbeat(NodeEntry node)
    {
        if (volumes.Active.Any(volume => volume.IsTight))
            return options.HeartbeatInterval / 10;
        return moves.Of(node.Id).Any(move => move.Record.Phase != MovePhase.Waiting) ? options.HeartbeatInterval / 4 : options.HeartbeatInterval;
    }

    /// <summary>Heartbeats of many nodes come at the same time, and do not count all disks each.</summary>
    private ClusterRoom CountDisks(bool isNewNode)
    {
        if (isNewNode || clock.GetTimestamp() >= disksCountAgain)
        {
            disks = ClusterDisks.Count(nodes.Live);
            disksCountAgain = After(Limits.DisksCountedFor);
        }
        return disks.Room;
    }

    private NodeEntry CheckHeartbeat(HeartbeatRequest request)
    {
        if (nodes.WasRemoved(new NodeId(request.NodeId), out var removed))
            throw Refusal.State(WasRemoved(removed));
        if (!nodes.TryGet(new NodeId(request.NodeId), out var node))
            throw Refusal.NotFound($"No node {request.NodeId} has registered.");
        if (request.Incarnation < node.Record.Incarnation)
            throw Refusal.State($"Node {request.NodeId} has registered with the later incarnation {node.Record.Incarnation}.");
        if (request.Incarnation > node.Record.Incarnation)
            throw Refusal.NotFound($"Incarnation {request.Incarnation} of node {request.NodeId} has not registered.");
        if (request.Sequence <= node.LastSequence)
            throw Refusal.Overtaken($"Heartbeat {request.Sequence} of node {request.NodeId} was overtaken by {node.LastSequence}.");
        return node;
    }

    /// <summary>
    /// A node that was declared dead and is heard again is live at once, and its shards keep their epochs: with one copy nobody else can have served them.
    /// </summary>
    private async Task ReviveAsync(NodeEntry node)
    {
        if (node.IsLive)
            return;
        var change = NewChange();
        SetState(change, node, NodeState.Live);
        await CommitAsync(change);
        LogNodeBack(node.Record.Id, node.Record.Name);
    }

    private static void SetState(ClusterChange change, NodeEntry node, NodeState state)
    {
        change.Put(node.Record with { State = state });
        change.ChangesMapNodes = true;
    }

    private void AnswerQuota(NodeEntry node, HeartbeatRequest request, HeartbeatResponse response)
    {
        var reports = new Dictionary<uint, VolumeReport>();
        foreach (var report in request.Volumes)
            reports[report.VolumeId] = report;
        var sharing = nodes.Live.Count();
        var wasTight = volumes.Active.Any(volume => volume.IsTight);
        foreach (var volume in volumes.Active)
            response.Volumes.Add(Grant(node, volume, reports.GetValueOrDefault(volume.Record.Id), sharing));
        foreach (var volume in volumes.Deleting)
            TakeUsage(node, volume, reports.GetValueOrDefault(volume.Record.Id), sharing);

        // The others learn that their idle allowance is wanted back; the one that wants it asks again by itself.
        if (!wasTight && volumes.Active.Any(volume => volume.IsTight))
            Maps.Hint();
    }

    private VolumeGrant Grant(NodeEntry node, VolumeEntry volume, VolumeReport? report, int sharing)
    {
        var (bytes, inodes) = TakeUsage(node, volume, report, sharing);
        return new VolumeGrant
        {
            Volume = Describe(volume),
            CeilingBytes = bytes.Ceiling,
            CeilingInodes = inodes.Ceiling,
            MoreExpected = bytes.MoreExpected || inodes.MoreExpected,
        };
    }

    /// <summary>A volume that the node does not mention is one of which it has nothing and applies no ceiling.</summary>
    private static (QuotaAnswer Bytes, QuotaAnswer Inodes) TakeUsage(NodeEntry node, VolumeEntry volume, VolumeReport? report, int sharing)
    {
        report ??= new VolumeReport();
        node.UsageChanged |= volume.Bytes.UsedBy(node.Id) != report.UsedBytes || volume.Inodes.UsedBy(node.Id) != report.UsedInodes;
        return (
            volume.Bytes.Report(node.Id, report.UsedBytes, report.CeilingBytes, report.Urgent, sharing, report.LeavingBytes),
            volume.Inodes.Report(node.Id, report.UsedInodes, report.CeilingInodes, report.Urgent, sharing, report.LeavingInodes));
    }

    private void AnswerSessions(HeartbeatRequest request, HeartbeatResponse response)
    {
        response.SessionLogId = sessions.LogId;
        response.SessionLogPosition = sessions.LogPosition;
        if (sessions.EndedSince(request.SessionLogId, request.SessionLogPosition) is { } ended)
        {
            response.EndedSessions.AddRange(ended.Select(id => id.Value));
            return;
        }
        response.SessionResync = true;
        response.NewestSession = sessions.Newest;
        response.LiveSessions.AddRange(sessions.Live.Select(session => session.Record.Id));
    }
}
