using System.Security.Cryptography;

namespace SealFs.Core.Security;

/// <summary>The extended key usages (RFC 5280, 4.2.1.12) that tell in which direction a certificate may be shown.</summary>
internal static class CertificatePurposes
{
    /// <summary>id-kp-serverAuth: to whoever connects.</summary>
    public static readonly Oid Server = new("1.3.6.1.5.5.7.3.1");

    /// <summary>id-kp-clientAuth: to the one that is connected to.</summary>
    public static readonly Oid Client = new("1.3.6.1.5.5.7.3.2");

    /// <summary>Managers are connected to, and may connect to each other; all others only connect.</summary>
    public static OidCollection Of(CertificateRole role) => role == CertificateRole.Manager ? [Server, Client] : [Client];
}
