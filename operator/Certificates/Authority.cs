using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SealFs.Core.Security;

namespace SealFs.Operator.Certificates;

/// <summary>A CA as it is kept in a Secret.</summary>
/// <param name="Certificate">One certificate, as PEM.</param>
/// <param name="Key">PKCS#8, as PEM.</param>
internal sealed record Authority(string Certificate, string Key)
{
    /// <summary>Keys of other kinds cannot sign what the cluster's CA issues.</summary>
    private const string EcdsaKeys = "1.2.840.10045.2.1";

    public DateTimeOffset Until
    {
        get
        {
            using var certificate = X509Certificate2.CreateFromPem(Certificate);
            return certificate.NotAfter;
        }
    }

    public static Authority Create(string name, DateTimeOffset now, TimeSpan lifetime)
    {
        using var authority = ClusterAuthority.Create(name, now, lifetime);
        return new Authority(authority.CertificatePem, authority.ExportKeyPem());
    }

    /// <exception cref="CryptographicException">The certificate is none of a CA, nobody else's than its own, or the key belongs to another.</exception>
    public static Authority Parse(string certificatePem, string keyPem)
    {
        try
        {
            using var authority = ClusterAuthority.FromPem(certificatePem, keyPem);
            using var certificate = X509Certificate2.CreateFromPem(authority.CertificatePem);
            if (certificate.PublicKey.Oid.Value != EcdsaKeys)
                throw new CryptographicException("the key of the CA is no ECDSA key");
            if (!certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
                throw new CryptographicException("the CA was issued by another one: only a CA that has signed itself can be the root of trust");
            return new Authority(authority.CertificatePem, authority.ExportKeyPem());
        }
        catch (CredentialException problem)
        {
            throw new CryptographicException(problem.Message, problem);
        }
    }

    /// <summary>The certificates of a bundle, one by one, each in the same form.</summary>
    /// <exception cref="CryptographicException">One of them is damaged.</exception>
    public static IReadOnlyList<string> Split(string bundle)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(bundle);
        var texts = new List<string>(certificates.Count);
        foreach (var certificate in certificates)
        {
            using (certificate)
                texts.Add(certificate.ExportCertificatePem() + "\n");
        }
        return texts;
    }

    public bool HasIssued(Leaf leaf) => HasIssued(Certificate, leaf);

    /// <summary>True when the leaf bears the signature of this CA; whether it is still valid is another question.</summary>
    public static bool HasIssued(string authority, Leaf leaf)
    {
        using var certificate = X509Certificate2.CreateFromPem(leaf.Certificate);
        using var root = X509Certificate2.CreateFromPem(authority);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }

    /// <exception cref="CredentialException">The CA has expired.</exception>
    public Leaf Issue(CertificateRole role, string name, DateTimeOffset now, TimeSpan lifetime)
    {
        using var authority = ClusterAuthority.FromPem(Certificate, Key);
        var issued = authority.Issue(new CertificateIdentity(role, name), now, lifetime);
        return Leaf.Parse(issued.CertificatePem, issued.KeyPem);
    }

    /// <summary>True when a third of its life is left, or less.</summary>
    public bool IsDue(DateTimeOffset now)
    {
        using var certificate = X509Certificate2.CreateFromPem(Certificate);
        return Renewal.IsDue(certificate, now);
    }

    /// <summary>Without the key, since this may end up in a log.</summary>
    public override string ToString() => $"CA until {Until:u}";
}
