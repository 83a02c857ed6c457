namespace SealFs.Operator.Api;

/// <summary>What is wanted of a cluster.</summary>
[Rule("self.shards == oldSelf.shards", "shards is fixed when the cluster is created")]
[Rule("self.replication.copies <= self.storageNodes.replicas", "replication.copies cannot be above storageNodes.replicas: every copy is on a node of its own")]
[Rule("self.csi.driverName == oldSelf.csi.driverName", "csi.driverName cannot change: existing PersistentVolumes name it")]
[Rule("self.network.addresses == oldSelf.network.addresses", "network.addresses cannot change: PersistentVolumes have the manager's address in their handles")]
public sealed class ClusterSpec
{
    /// <summary>
    /// Image of manager and storage nodes. Changing it is an upgrade: the manager first, then one storage node at a time, the highest ordinal first, each only when all
    /// shards are served and nothing else is in trouble.
    /// </summary>
    [Needed]
    public string Image { get; set; } = "";

    /// <summary>When the image is pulled.</summary>
    [Allowed("Always", "IfNotPresent", "Never")]
    public string ImagePullPolicy { get; set; } = "IfNotPresent";

    /// <summary>The manager, which keeps the cluster map, the membership and the volumes. It is never on the path of a file operation.</summary>
    public ManagerSpec Manager { get; set; } = new();

    /// <summary>The storage nodes, which hold metadata and data.</summary>
    [Needed]
    public StorageNodesSpec StorageNodes { get; set; } = new();

    /// <summary>How many copies of everything there are.</summary>
    public ReplicationSpec Replication { get; set; } = new();

    /// <summary>Number of shards, fixed when the cluster is created. Some dozens for each node that there will ever be are plenty.</summary>
    [Between(1, 1 << 20)]
    public int Shards { get; set; } = 256;

    /// <summary>Who may talk to the cluster, and how.</summary>
    public SecuritySpec Security { get; set; } = new();

    /// <summary>How the parts of the cluster, and its clients, reach each other.</summary>
    public NetworkSpec Network { get; set; } = new();

    /// <summary>How PersistentVolumeClaims get volumes of this cluster.</summary>
    public CsiSpec Csi { get; set; } = new();

    /// <summary>Metrics and traces.</summary>
    public MonitoringSpec Monitoring { get; set; } = new();

    /// <summary>
    /// What happens to the disks (PersistentVolumeClaims) of nodes that go, when the cluster is made smaller or is deleted. Retain: they stay, and somebody deletes them by
    /// hand. Delete: they are deleted; when the cluster is made smaller, only after the node was emptied.
    /// </summary>
    [Allowed("Retain", "Delete")]
    public string DeletionPolicy { get; set; } = "Retain";
}
