using k8s.Models;

namespace SealFs.Operator.Api;

/// <summary>What there is.</summary>
public sealed class ClusterStatus
{
    /// <summary>The generation of the spec that this status is about.</summary>
    public long ObservedGeneration { get; set; }

    /// <summary>One word for all of it: Pending, Creating, Ready, Scaling, Upgrading, Degraded, Refused or Deleting.</summary>
    public string? Phase { get; set; }

    /// <summary>
    /// Available: every shard is served. Progressing: something is on its way to what the spec says. Degraded: something needs attention. Upgrading: the roll to another
    /// image or configuration is under way. Draining: nodes are being emptied. DeletionBlocked: PersistentVolumes still point at the cluster.
    /// </summary>
    [ListKey("type")]
    public List<V1Condition>? Conditions { get; set; }

    /// <summary>The storage nodes as the manager knows them.</summary>
    [ListKey("name")]
    public List<ClusterNodeStatus>? Nodes { get; set; }

    /// <summary>Storage nodes that serve.</summary>
    public int NodesReady { get; set; }

    /// <summary>Label selector of the storage nodes' pods, for the scale subresource.</summary>
    public string? Selector { get; set; }

    /// <summary>Space of all data disks.</summary>
    public CapacityStatus? Capacity { get; set; }

    /// <summary>Where clients reach the manager: what PersistentVolumes and the command line are given.</summary>
    public string? ManagerAddress { get; set; }

    /// <summary>Version of the manager.</summary>
    public string? Version { get; set; }

    /// <summary>Shards that nobody serves, or that have fewer copies than they should.</summary>
    public int ShardsUnderReplicated { get; set; }

    /// <summary>Shards on their way to another node.</summary>
    public RebalanceStatus? Rebalance { get; set; }

    /// <summary>Until when certificates are valid; absent without TLS.</summary>
    public CertificatesStatus? Certificates { get; set; }
}

/// <summary>A storage node.</summary>
public sealed class ClusterNodeStatus
{
    /// <summary>Name of the node, which is that of its pod.</summary>
    [Needed]
    public string Name { get; set; } = "";

    /// <summary>Live, Dead, Draining or Drained.</summary>
    public string? State { get; set; }

    /// <summary>Shards that it serves.</summary>
    public int Shards { get; set; }

    /// <summary>Used space of its data disk, rounded.</summary>
    public string? Used { get; set; }

    /// <summary>Size of its data disk.</summary>
    public string? Capacity { get; set; }

    /// <summary>Image that it runs.</summary>
    public string? Version { get; set; }
}

/// <summary>Space.</summary>
public sealed class CapacityStatus
{
    /// <summary>Size of all data disks.</summary>
    public string? Total { get; set; }

    /// <summary>Used space, rounded.</summary>
    public string? Used { get; set; }
}

/// <summary>Shards on their way.</summary>
public sealed class RebalanceStatus
{
    /// <summary>Shards that move now.</summary>
    public int Moving { get; set; }

    /// <summary>Shards that have not arrived, those that move now included.</summary>
    public int Remaining { get; set; }

    /// <summary>How much of it is done, as 42%.</summary>
    public string? Percent { get; set; }
}

/// <summary>The certificates of a cluster.</summary>
public sealed class CertificatesStatus
{
    /// <summary>When the CA expires. Its successor comes when a third of its life is left.</summary>
    public string? AuthorityExpires { get; set; }

    /// <summary>When the first of the certificates expires. Each is renewed when a third of its life is left.</summary>
    public string? Expire { get; set; }

    /// <summary>How far the change to another CA is. Announced: the new one is trusted beside the old one. Replaced: it issues, and the old one is still trusted. Absent: nothing is under way.</summary>
    public string? Rotation { get; set; }
}
