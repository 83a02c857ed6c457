using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SealFs.Core.Security;

namespace SealFs.Operator.Certificates;

/// <summary>A certificate of somebody in the cluster and its key, as they are kept in a Secret.</summary>
/// <param name="Certificate">As PEM.</param>
/// <param name="Key">PKCS#8, as PEM.</param>
/// <param name="Role">Whose it is; null when it names nobody of a cluster.</param>
/// <param name="Until">When it expires.</param>
internal sealed record Leaf(string Certificate, string Key, CertificateRole? Role, DateTimeOffset Until)
{
    /// <exception cref="CryptographicException">It cannot be read, or the key is of another one.</exception>
    public static Leaf Parse(string certificatePem, string keyPem)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            return new Leaf(
                certificatePem, keyPem, CertificateIdentity.TryRead(certificate.SubjectName, out var identity) ? identity.Role : null, certificate.NotAfter);
        }
        catch (ArgumentException problem)
        {
            throw new CryptographicException(problem.Message, problem);
        }
    }

    public bool IsDue(DateTimeOffset now)
    {
        using var certificate = X509Certificate2.CreateFromPem(Certificate);
        return Renewal.IsDue(certificate, now);
    }

    /// <summary>Without the key, since this may end up in a log.</summary>
    public override string ToString() => $"certificate until {Until:u}";
}
