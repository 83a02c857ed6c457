using k8s.Models;
using SealFs.Core.Security;
using SealFs.Operator.Api;

namespace SealFs.Operator.Resources;

/// <summary>Names, labels and addresses of everything that belongs to a cluster.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="managerIp">The address that the manager's Service has, once it has one; needed only where addresses are used instead of names.</param>
public sealed class ClusterNames(SealFsCluster cluster, string? managerIp = null)
{
    public const string ManagedBy = "sealfs-operator";
    public const string Selector = "app.kubernetes.io/managed-by=" + ManagedBy;
    public const string Finalizer = "sealfs.io/cluster-protection";
    public const string HashAnnotation = "sealfs.io/applied";
    public const string TemplateAnnotation = "sealfs.io/template";

    /// <summary>On the data claim of a node that is on its way out: draining, or drained.</summary>
    public const string LeavingAnnotation = "sealfs.io/leaving";

    /// <summary>On a cluster: a value that has not been there before asks for new certificates. On a Secret: the one that it has met.</summary>
    public const string RotateCertificatesAnnotation = "sealfs.io/rotate-certificates";

    /// <summary>The same for a new CA.</summary>
    public const string RotateAuthorityAnnotation = "sealfs.io/rotate-authority";

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

    /// <summary>The Secret with the CA.</summary>
    public string AuthoritySecret => $"{Cluster}-ca";

    /// <summary>The Secret with the certificate of a role.</summary>
    public string TlsSecret(CertificateRole role) => $"{Cluster}-{role.Text()}-tls";

    /// <summary>Peers are reached by address: the cluster shall do without DNS.</summary>
    public bool UsesIps => cluster.Spec.Network.Addresses == "ips";

    /// <summary>The address of the manager's Service that has been given out once and must not change; null: none, or it does not matter.</summary>
    public string? FixedManagerIp => UsesIps ? managerIp ?? HostOf(cluster.Status?.ManagerAddress) : null;

    /// <summary>Where clients reach the manager; empty as long as that is not known.</summary>
    public string ManagerAddress =>
        !UsesIps ? $"{Manager}.{Namespace}.svc:{ControlPort}" : FixedManagerIp is { } ip ? $"{(ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : ip)}:{ControlPort}" : "";

    /// <summary>What a storage node tells the manager of where it is, with variables that the kubelet fills in.</summary>
    public string AdvertisedAddress => !UsesIps ? $"$(POD_NAME).{Nodes}.{Namespace}.svc:{DataPort}"
        : ManagerAddress.StartsWith('[') ? $"[$(POD_IP)]:{DataPort}" : $"$(POD_IP):{DataPort}";

    /// <summary>True for every way to name this cluster's manager in the handle of a volume.</summary>
    public bool IsManager(string address)
    {
        var host = HostOf(address);
        return host == Manager || host == $"{Manager}.{Namespace}" || host?.StartsWith($"{Manager}.{Namespace}.", StringComparison.Ordinal) == true || (host is not null && host == FixedManagerIp);
    }

    public string Node(int ordinal) => $"{Nodes}-{ordinal}";

    public string Claim(string volume, int ordinal) => $"{volume}-{Node(ordinal)}";

    /// <summary>The ordinal of a storage node, its pod or one of its claims; -1 for anything else.</summary>
    public int Ordinal(string name)
    {
        var at = name.IndexOf($"{Nodes}-", StringComparison.Ordinal);
        return at >= 0 && int.TryParse(name.AsSpan(at + Nodes.Length + 1), out var ordinal) ? ordinal : -1;
    }

    /// <summary>"host:port" or "[address]:port" without the port.</summary>
    private static string? HostOf(string? address)
    {
        if (string.IsNullOrEmpty(address))
            return null;
        var colon = address.LastIndexOf(':');
        return (colon < 0 || address.EndsWith(']') ? address : address[..colon]).Trim('[', ']');
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
