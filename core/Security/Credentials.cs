using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SealFs.Core.Security;

/// <summary>What a process needs to be part of a cluster: its certificate with the key, and the authorities whose certificates it accepts. Immutable.</summary>
public sealed class Credentials
{
    private readonly X509Certificate2Collection _authorities;

    private Credentials(CertificateIdentity identity, X509Certificate2 certificate, X509Certificate2Collection intermediates, X509Certificate2Collection authorities, string origin)
    {
        Identity = identity;
        ExpiresAt = new DateTimeOffset(certificate.NotAfter);
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
        _authorities = authorities;
        Origin = origin;
    }

    /// <summary>Whom they make their holder.</summary>
    public CertificateIdentity Identity { get; }

    /// <summary>Nobody accepts the certificate from then on.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>The first of the trusted authorities to expire.</summary>
    public DateTimeOffset AuthoritiesExpireAt => new(_authorities.Min(authority => authority.NotAfter));

    /// <summary>Where they come from, for messages.</summary>
    public string Origin { get; }

    /// <summary>What TLS shows to the other side: the certificate with its key, and the intermediates.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Reads and checks them. A certificate that has expired is none the less one: whether it is accepted is decided when it is shown.</summary>
    /// <param name="authoritiesPem">ca.crt: one or more authorities that are trusted.</param>
    /// <param name="certificatePem">tls.crt: the own certificate, then its intermediates if there are any.</param>
    /// <param name="keyPem">tls.key: the key, PKCS#8.</param>
    /// <param name="origin">For messages: a directory, a Secret.</param>
    /// <exception cref="CredentialException">They cannot be used; the message says why and names the origin.</exception>
    public static Credentials FromPem(string authoritiesPem, string certificatePem, string keyPem, string origin)
    {
        try
        {
            return Join(authoritiesPem, certificatePem, keyPem, origin);
        }
        catch (CredentialException problem)
        {
            throw new CredentialException($"{origin}: {problem.Message}", problem);
        }
    }

    /// <summary>Looks at the certificate of the other side.</summary>
    /// <param name="certificate">What it has shown; null: nothing.</param>
    /// <param name="intermediates">What it has shown beside it.</param>
    /// <param name="isServer">True when it was connected to.</param>
    /// <param name="now">The time.</param>
    public PeerVerdict Verify(X509Certificate2? certificate, X509Certificate2Collection intermediates, bool isServer, DateTimeOffset now) => certificate is null
        ? PeerVerdict.Refused("no certificate was shown")
        : PeerVerification.Verify(certificate, intermediates, _authorities, isServer ? CertificatePurposes.Server : CertificatePurposes.Client, now);

    private static Credentials Join(string authoritiesPem, string certificatePem, string keyPem, string origin)
    {
        var authorities = PemCertificates.Read(authoritiesPem, CredentialFiles.AuthorityName);
        var chain = PemCertificates.Read(certificatePem, CredentialFiles.CertificateName);
        var own = PemCertificates.TryJoin(chain[0], keyPem, CredentialFiles.KeyName)
            ?? throw new CredentialException($"{CredentialFiles.KeyName} is not the key of {CredentialFiles.CertificateName}.");
        chain.RemoveAt(0);

        var verdict = PeerVerification.Verify(own, chain, authorities, purpose: null, now: null);
        if (verdict.Refusal is { } refusal)
            throw new CredentialException($"{CredentialFiles.CertificateName} does not fit {CredentialFiles.AuthorityName}: {refusal}.");
        return new Credentials(verdict.Peer, own, chain, authorities, origin);
    }
}
