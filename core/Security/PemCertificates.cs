using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SealFs.Core.Security;

/// <summary>PEM text (RFC 7468) to certificates, with messages that say whose text is wrong.</summary>
internal static class PemCertificates
{
    private const string Begin = "-----BEGIN CERTIFICATE-----";

    /// <summary>All certificates in the text, at least one, in its order.</summary>
    /// <param name="pem">The text; anything between certificates is left out.</param>
    /// <param name="what">Begins the message: "tls.crt".</param>
    /// <exception cref="CredentialException">There is none, or one of them is damaged.</exception>
    public static X509Certificate2Collection Read(string pem, string what)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException problem)
        {
            throw new CredentialException($"{what} is damaged: {problem.Message}", problem);
        }
        // What does not end is left out by the reader: a file that is half written must not count as a shorter one.
        var begun = pem.AsSpan().Count(Begin);
        if (begun == 0)
            throw new CredentialException($"{what} has no certificate in it (PEM, {Begin}).");
        return certificates.Count == begun ? certificates : throw new CredentialException($"{what} is damaged: of {begun} certificates in it {certificates.Count} can be read.");
    }

    /// <summary>The certificate with its key, or null when the key is another's.</summary>
    /// <exception cref="CredentialException">The key is damaged or of a kind that is not understood.</exception>
    public static X509Certificate2? TryJoin(X509Certificate2 certificate, string keyPem, string what)
    {
        if (!keyPem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw new CredentialException($"{what} has no private key in it (PEM, -----BEGIN PRIVATE KEY-----).");
        try
        {
            if (certificate.GetECDsaPublicKey() is { } publicKey)
            {
                publicKey.Dispose();
                using var key = ECDsa.Create();
                key.ImportFromPem(keyPem);
                return Matches(certificate, key) ? certificate.CopyWithPrivateKey(key) : null;
            }
            using var rsa = RSA.Create();
            rsa.ImportFromPem(keyPem);
            return Matches(certificate, rsa) ? certificate.CopyWithPrivateKey(rsa) : null;
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            throw new CredentialException($"{what} is damaged, or no key for this certificate (PKCS#8, ECDSA or RSA): {problem.Message}", problem);
        }
    }

    private static bool Matches(X509Certificate2 certificate, AsymmetricAlgorithm key) =>
        certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo());
}
