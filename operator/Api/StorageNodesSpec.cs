using k8s.Models;

namespace SealFs.Operator.Api;

/// <summary>The storage nodes of a cluster. Each has two disks: one for metadata and small files, best a fast one, and one for the chunks of larger files.</summary>
[Rule(
    "has(self.metadataVolume.storageClassName) == has(oldSelf.metadataVolume.storageClassName) && "
    + "(!has(self.metadataVolume.storageClassName) || self.metadataVolume.storageClassName == oldSelf.metadataVolume.storageClassName)",
    "metadataVolume.storageClassName cannot change")]
[Rule(
    "has(self.dataVolume.storageClassName) == has(oldSelf.dataVolume.storageClassName) && "
    + "(!has(self.dataVolume.storageClassName) || self.dataVolume.storageClassName == oldSelf.dataVolume.storageClassName)",
    "dataVolume.storageClassName cannot change")]
[Rule("self.engine == oldSelf.engine", "engine cannot change: the data on the disks are in its format")]
public sealed class StorageNodesSpec
{
    /// <summary>
    /// Number of storage nodes. Raised: new nodes take their share of the shards. Lowered: the nodes with the highest ordinals are emptied first, while everything is
    /// served, and go one by one when nothing is left on them; raising the number again calls that off.
    /// </summary>
    [Between(1, 10_000)]
    public int Replicas { get; set; } = 3;

    /// <summary>Disk for metadata and files up to the inline limit.</summary>
    public VolumeSpec MetadataVolume { get; set; } = new() { Size = "10Gi" };

    /// <summary>Disk for the chunks of larger files.</summary>
    public VolumeSpec DataVolume { get; set; } = new() { Size = "100Gi" };

    /// <summary>How data are kept. file: chunks as sparse files on a local file system. block: on a raw block device; not supported by this version.</summary>
    [Allowed("file", "block")]
    public string Engine { get; set; } = "file";

    /// <summary>Requests and limits of a node's container, as in a pod.</summary>
    public V1ResourceRequirements? Resources { get; set; }

    /// <summary>Labels of the Kubernetes nodes on which storage nodes may run.</summary>
    public Dictionary<string, string>? NodeSelector { get; set; }

    /// <summary>Taints that storage nodes tolerate, as in a pod.</summary>
    public List<V1Toleration>? Tolerations { get; set; }

    /// <summary>Affinity, as in a pod. When absent, storage nodes avoid sharing a Kubernetes node.</summary>
    public V1Affinity? Affinity { get; set; }

    /// <summary>How storage nodes are spread, as in a pod.</summary>
    public List<V1TopologySpreadConstraint>? TopologySpreadConstraints { get; set; }

    /// <summary>PriorityClass of the storage nodes.</summary>
    public string? PriorityClassName { get; set; }
}
