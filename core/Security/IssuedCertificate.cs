namespace SealFs.Core.Security;

/// <summary>A certificate and its key, as they stand in files.</summary>
/// <param name="CertificatePem">For tls.crt.</param>
/// <param name="KeyPem">For tls.key (PKCS#8). A secret.</param>
/// <param name="ExpiresAt">Nobody accepts it any more from then on.</param>
public sealed record IssuedCertificate(string CertificatePem, string KeyPem, DateTimeOffset ExpiresAt)
{
    /// <summary>Without the key, since this may end up in a log.</summary>
    public override string ToString() => $"certificate until {ExpiresAt:u}";
}
