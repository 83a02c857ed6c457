namespace SealFs.Core.Security;

/// <summary>What the holder of a certificate is in the cluster. It decides what the holder may ask of the manager.</summary>
public enum CertificateRole
{
    /// <summary>A manager: the one certificate that others accept as the manager's.</summary>
    Manager,

    /// <summary>A storage node.</summary>
    Node,

    /// <summary>A mount, or another program that uses files.</summary>
    Client,

    /// <summary>Whoever changes the cluster: the command line, the operator, the CSI controller.</summary>
    Admin,
}
