using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SealFs.Core.Security;

/// <summary>
/// The certificate authority of one cluster: whoever has a certificate of it belongs to the cluster, in the role that it names. Keys are ECDSA on P-256. Everything is in
/// memory; where it is kept is the caller's.
/// </summary>
public sealed class ClusterAuthority : IDisposable
{
    /// <summary>How long an authority is good for unless told otherwise.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(3652);

    /// <summary>How long what it issues is good for unless told otherwise.</summary>
    public static readonly TimeSpan DefaultCertificateLifetime = TimeSpan.FromDays(90);

    /// <summary>Certificates are good from a little before now: clocks of machines differ.</summary>
    private static readonly TimeSpan s_backdate = TimeSpan.FromMinutes(5);

    private const string Unit = "ca";
    private const int SerialBytes = 16;

    private readonly X509Certificate2 _certificate;

    private ClusterAuthority(X509Certificate2 certificate)
    {
        _certificate = certificate;
        CertificatePem = certificate.ExportCertificatePem() + "\n";
    }

    /// <summary>For ca.crt.</summary>
    public string CertificatePem { get; }

    /// <summary>From then on nobody accepts what it has issued.</summary>
    public DateTimeOffset ExpiresAt => new(_certificate.NotAfter);

    /// <summary>A new authority with a new key.</summary>
    /// <param name="name">For people; the cluster's.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetime">How long from now it is good for.</param>
    /// <exception cref="ArgumentException">The name cannot stand in a certificate, or the lifetime is not positive.</exception>
    public static ClusterAuthority Create(string name, DateTimeOffset now, TimeSpan lifetime)
    {
        RequirePositive(lifetime);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(CertificateIdentity.SubjectOf(Unit, name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new ClusterAuthority(request.CreateSelfSigned(now - s_backdate, now + lifetime));
    }

    /// <summary>The authority to which a key belongs.</summary>
    /// <param name="certificatesPem">Its certificate, possibly among others that are trusted as well.</param>
    /// <param name="keyPem">Its key.</param>
    /// <exception cref="CredentialException">They are no PEM, none belongs to the key, or the one that does is no authority.</exception>
    public static ClusterAuthority FromPem(string certificatesPem, string keyPem)
    {
        var problem = new CredentialException("The key belongs to none of the certificates of the authority.");
        foreach (var certificate in PemCertificates.Read(certificatesPem, "The certificate of the authority"))
        {
            using (certificate)
            {
                if (PemCertificates.TryJoin(certificate, keyPem, "The key of the authority") is not { } owned)
                    continue;
                if (IsAuthority(owned))
                    return new ClusterAuthority(owned);
                owned.Dispose();
                problem = new CredentialException("The certificate is no authority's: it may not issue others.");
            }
        }
        throw problem;
    }

    /// <summary>The key as PKCS#8, for ca.key. Whoever has it is the cluster's master.</summary>
    public string ExportKeyPem()
    {
        using var key = PrivateKey();
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    /// <summary>A certificate with a new key. It ends no later than the authority itself.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetime">How long from now it is good for.</param>
    /// <param name="grants">Which volumes its holder may use; null: every one.</param>
    /// <exception cref="ArgumentException">The name cannot stand in a certificate, or the lifetime is not positive.</exception>
    /// <exception cref="CredentialException">The authority has expired.</exception>
    public IssuedCertificate Issue(CertificateIdentity identity, DateTimeOffset now, TimeSpan lifetime, VolumeGrants? grants = null)
    {
        RequirePositive(lifetime);
        if (ExpiresAt <= now)
            throw new CredentialException($"The authority expired at {ExpiresAt:u}: it can issue nothing any more.");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(identity.ToSubject(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(CertificatePurposes.Of(identity.Role), critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (grants?.ToExtension() is { } names)
            request.CertificateExtensions.Add(names);

        // It tells two authorities of the same name apart.
        if (_certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault() is { } own)
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(own));
        var begin = Later(now - s_backdate, new DateTimeOffset(_certificate.NotBefore));
        var end = now + lifetime < ExpiresAt ? now + lifetime : ExpiresAt;
        using var signer = PrivateKey();
        using var certificate = request.Create(_certificate.SubjectName, SignatureBy(signer), begin, end, RandomSerial());
        return new IssuedCertificate(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", new DateTimeOffset(certificate.NotAfter));
    }

    public void Dispose() => _certificate.Dispose();

    private AsymmetricAlgorithm PrivateKey() => (AsymmetricAlgorithm?)_certificate.GetECDsaPrivateKey() ?? _certificate.GetRSAPrivateKey()!;

    /// <summary>An authority that was brought from elsewhere may be an RSA one.</summary>
    private static X509SignatureGenerator SignatureBy(AsymmetricAlgorithm key) => key is RSA rsa
        ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
        : X509SignatureGenerator.CreateForECDsa((ECDsa)key);

    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static void RequirePositive(TimeSpan lifetime)
    {
        if (lifetime <= TimeSpan.Zero)
            throw new ArgumentException("The lifetime of a certificate must be positive.", nameof(lifetime));
    }

    /// <summary>RFC 5280, 4.1.2.2: positive and not zero.</summary>
    private static byte[] RandomSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}
