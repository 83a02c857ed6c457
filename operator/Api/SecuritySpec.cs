namespace SealFs.Operator.Api;

/// <summary>Who may talk to the cluster.</summary>
[Rule("self.tls != 'secret' || has(self.secretRef)", "security.tls: secret needs security.secretRef")]
[Rule("(self.tls == 'none') == (oldSelf.tls == 'none')", "security.tls cannot change between none and TLS: whoever is connected would be cut off")]
public sealed class SecuritySpec
{
    /// <summary>
    /// Mutual TLS between the manager and everybody who talks to it. auto: the operator makes a CA for the cluster and certificates, and renews them without restarting anything. secret: the same with
    /// the CA of secretRef. none: whoever reaches the manager's port can do everything. Cannot be changed between none and the others.
    /// </summary>
    [Allowed("auto", "secret", "none")]
    public string Tls { get; set; } = "auto";

    /// <summary>
    /// With tls: secret, the name of a Secret with a CA: tls.crt is its certificate, which it has signed itself, and tls.key its key (ECDSA), as cert-manager makes them. What the operator needs is issued by
    /// it. When another CA is put there, the cluster changes to it in steps.
    /// </summary>
    public string? SecretRef { get; set; }

    /// <summary>TLS for file operations as well. Not supported: they carry tokens that the manager has signed, and go in clear.</summary>
    public bool DataPlaneTls { get; set; }
}
