namespace SealFs.Operator.Certificates;

/// <summary>How long certificates live, and where those of the driver are kept.</summary>
public sealed record CertificateOptions
{
    /// <summary>Of a CA that the operator makes.</summary>
    public TimeSpan AuthorityLifetime { get; init; } = TimeSpan.FromDays(3652);

    /// <summary>Of everything that is issued.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long a step of the change to another CA takes: the kubelets bring a changed Secret to all pods in a minute or two, and an operator may be away for a while.</summary>
    public TimeSpan Propagation { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Secrets that were read less than this ago are not read again.</summary>
    public TimeSpan SecretsMaxAge { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Namespace of the CSI driver; empty: no Secrets are kept for it.</summary>
    public string DriverNamespace { get; init; } = "";

    /// <summary>The Secret with the client certificates of all clusters, for the node plugin and mountd.</summary>
    public string ClientSecret { get; init; } = "sealfs-csi-client-tls";

    /// <summary>The Secret with the admin certificates of all clusters, for the driver's controller.</summary>
    public string AdminSecret { get; init; } = "sealfs-csi-admin-tls";
}
