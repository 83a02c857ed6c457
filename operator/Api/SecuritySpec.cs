namespace SealFs.Operator.Api;

/// <summary>Who may talk to the cluster. This version has no TLS: use network policies to keep others away from its ports.</summary>
[Rule("self.tls != 'secret' || has(self.secretRef)", "security.tls: secret needs security.secretRef")]
public sealed class SecuritySpec
{
    /// <summary>
    /// Mutual TLS of the control plane. none: whoever reaches the ports can do everything. auto: the operator makes a CA and certificates and renews them. secret: certificates come from secretRef. auto and
    /// secret are not supported by this version.
    /// </summary>
    [Allowed("none", "auto", "secret")]
    public string Tls { get; set; } = "none";

    /// <summary>Name of a Secret with ca.crt, tls.crt and tls.key.</summary>
    public string? SecretRef { get; set; }

    /// <summary>TLS for file operations as well, which costs throughput. Not supported by this version.</summary>
    public bool DataPlaneTls { get; set; }
}
