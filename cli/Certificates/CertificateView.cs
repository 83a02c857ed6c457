using System.Security.Cryptography.X509Certificates;
using SealFs.Core.Security;

namespace SealFs.Cli.Certificates;

/// <summary>One certificate of a file.</summary>
/// <param name="File">ca.crt or tls.crt.</param>
/// <param name="Holder">Role and name; of an authority its subject.</param>
/// <param name="Role">manager, node, client or admin; null when it is none of a cluster's members.</param>
/// <param name="Issuer">The subject of whoever issued it.</param>
/// <param name="NotBefore">From when on it is good.</param>
/// <param name="ExpiresAt">Until when.</param>
internal sealed record CertificateView(string File, string Holder, string? Role, string Issuer, DateTimeOffset NotBefore, DateTimeOffset ExpiresAt)
{
    public static CertificateView Of(string file, X509Certificate2 certificate)
    {
        var isMember = CertificateIdentity.TryRead(certificate.SubjectName, out var identity);
        return new CertificateView(
            file, isMember ? identity.ToString() : certificate.Subject, isMember ? identity.Role.Text() : null, certificate.Issuer,
            new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
    }
}
