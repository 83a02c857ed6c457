using k8s;
using k8s.Models;

namespace SealFs.Operator.Api;

/// <summary>
/// A SealFS cluster: a manager, storage nodes and the volumes on them. The operator brings about what the spec says and tells in the status how far it is; what cannot
/// be done is refused with a condition that says why. Raise or lower storageNodes.replicas to grow or shrink: a node is emptied before it goes.
/// </summary>
[KubernetesEntity(Group = ApiGroup, ApiVersion = Version, Kind = KindName, PluralName = Plural)]
[Rule("size(self.metadata.name) <= 40", "the name of a cluster has at most 40 characters: names of pods and services are made from it")]
[Column("Phase", "string", ".status.phase")]
[Column("Nodes", "integer", ".spec.storageNodes.replicas")]
[Column("Ready", "integer", ".status.nodesReady")]
[Column("Used", "string", ".status.capacity.used")]
[Column("Capacity", "string", ".status.capacity.total")]
[Column("Version", "string", ".status.version")]
[Column("Age", "date", ".metadata.creationTimestamp")]
[Column("Moving", "string", ".status.rebalance.percent", Priority = 1)]
public sealed class SealFsCluster : IKubernetesObject<V1ObjectMeta>, ISpec<ClusterSpec>
{
    public const string ApiGroup = "sealfs.io";
    public const string Version = "v1alpha1";
    public const string KindName = "SealFsCluster";
    public const string Plural = "sealfsclusters";

    public string ApiVersion { get; set; } = $"{ApiGroup}/{Version}";

    public string Kind { get; set; } = KindName;

    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public ClusterSpec Spec { get; set; } = new();

    /// <summary>What there is. Written by the operator.</summary>
    public ClusterStatus? Status { get; set; }
}
