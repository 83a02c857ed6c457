using k8s.Models;
using SealFs.Operator.Api;

namespace SealFs.Operator.Resources;

/// <summary>Names, labels and addresses of everything that belongs to a cluster.</summary>
public sealed class ClusterNames(SealFsCluster cluster)
{
    public const string ManagedBy = "sealfs-operator";
    public const string Selector = "app.kubernetes.io/managed-by=" + ManagedBy;
    public const string Finalizer = "sealfs.io/cluster-protection";
    public const string HashAnnotation = "sealfs.io/applied";
    public const string TemplateAnnotation = "sealfs.io/template";

    /// <summary>On the data claim of a node that is on its way out: draining, or drained.</summary>
    public const string LeavingAnnotation = "sealfs.io/leaving";

    public const string InstanceLabel = "app.kubernetes.io/instance";
    public const string ComponentLabel = "app.kubernetes.io/component";
    public const string NamespaceLabel = "sealfs.io/cluster-namespace";

    public const int ControlPort = 7400;
    public const int ManagerMetricsPort = 7401;
    public const int DataPort = 7410;
    public const int NodeMetricsPort = 7411;

    public string Cluster => cluster.Metadata.Name;

    public string Namespace => cluster.Metadata.NamespaceProperty;

    public string Manager => $"{Cluster}-manager";

    public string Nodes => $"{Cluster}-node";

    public string Config => $"{Cluster}-config";

    public string ManagerAddress => $"{Manager}.{Namespace}.svc:{ControlPort}";

    public string Node(int ordinal) => $"{Nodes}-{ordinal}";

    public string Claim(string volume, int ordinal) => $"{volume}-{Node(ordinal)}";

    /// <summary>The ordinal of a storage node, its pod or one of its claims; -1 for anything else.</summary>
    public int Ordinal(string name)
    {
        var at = name.IndexOf($"{Nodes}-", StringComparison.Ordinal);
        return at >= 0 && int.TryParse(name.AsSpan(at + Nodes.Length + 1), out var ordinal) ? ordinal : -1;
    }

    public Dictionary<string, string> Labels(string component) => new()
    {
        ["app.kubernetes.io/name"] = "sealfs",
        ["app.kubernetes.io/managed-by"] = ManagedBy,
        [InstanceLabel] = Cluster,
        [ComponentLabel] = component,
    };

    public bool Owns(V1ObjectMeta metadata, string component) =>
        metadata.NamespaceProperty == Namespace && metadata.Labels is { } labels && labels.TryGetValue(InstanceLabel, out var instance) && instance == Cluster
        && labels.TryGetValue(ComponentLabel, out var part) && part == component;

    public V1ObjectMeta Metadata(string name, string component) => new()
    {
        Name = name,
        NamespaceProperty = Namespace,
        Labels = Labels(component),
        OwnerReferences =
        [
            new V1OwnerReference
            {
                ApiVersion = $"{SealFsCluster.ApiGroup}/{SealFsCluster.Version}",
                Kind = SealFsCluster.KindName,
                Name = Cluster,
                Uid = cluster.Metadata.Uid,
                Controller = true,
                BlockOwnerDeletion = true,
            },
        ],
    };
}
