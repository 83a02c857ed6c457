using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Store;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Manager.Membership;

/// <summary>A node: what is stored of it, and what only its heartbeats say.</summary>
internal sealed class NodeEntry(NodeRecord record)
{
    public NodeRecord Record { get; set; } = record;

    public NodeId Id => new(Record.Id);

    public bool IsLive => Record.State == NodeState.Live;

    /// <summary>Timestamp of the manager's clock at which the lease runs out, or ran out when the node is dead.</summary>
    public long LeaseEnd { get; set; }

    /// <summary>Timestamp of the manager's clock at which it got its newest token; 0 since the manager started.</summary>
    public long TokenSignedAt { get; set; }

    /// <summary>Of the heartbeats of the present incarnation.</summary>
    public ulong LastSequence { get; set; }

    /// <summary>The newest heartbeat, or null since the manager started.</summary>
    public HeartbeatRequest? LastHeartbeat { get; set; }

    /// <summary>The usage differs from what is stored.</summary>
    public bool UsageChanged { get; set; }

    /// <summary>How fast it is emptied, while it is.</summary>
    public Balance.DrainMeter? Drain { get; set; }

    public bool DrainLogged { get; set; }

    /// <summary>Why the newest plan left some of its shards where they are; empty when it did not.</summary>
    public string DrainProblem { get; set; } = "";

    public bool InMaintenance(long nowUnixMs) => Record.MaintenanceUntilUnixMs > nowUnixMs;

    /// <summary>The shards of which it reported something without serving them.</summary>
    public bool HoldsCopyOf(ShardId shard) => LastHeartbeat is { } heartbeat && heartbeat.Copies.Any(copy => copy.Shard == shard.Value);
}
