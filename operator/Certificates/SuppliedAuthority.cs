using System.Security.Cryptography;
using k8s.Models;

namespace SealFs.Operator.Certificates;

/// <summary>The CA that somebody brings (security.tls: secret), or what is wrong with it.</summary>
internal static class SuppliedAuthority
{
    /// <param name="secret">The Secret; null when there is none.</param>
    /// <param name="name">Its name, for the message.</param>
    /// <param name="now">The time.</param>
    public static (Authority? Authority, string Reason, string Message) Read(V1Secret? secret, string name, DateTimeOffset now)
    {
        if (secret is null)
            return (null, "SecretNotFound", $"security.secretRef names Secret {name}, which does not exist in the namespace of the cluster");
        if (AuthoritySecret.Text(secret, LeafSecret.Certificate) is not { } certificate || AuthoritySecret.Text(secret, LeafSecret.Key) is not { } key)
            return (null, "SecretIncomplete", $"Secret {name} needs {LeafSecret.Certificate}, the certificate of a CA, and {LeafSecret.Key}, its key");
        try
        {
            var authority = Authority.Parse(certificate, key);
            return authority.Until > now ? (authority, "", "") : (null, "AuthorityExpired", $"The CA in Secret {name} has expired on {LeafSecret.Date(authority.Until)}");
        }
        catch (CryptographicException problem)
        {
            return (null, "NoAuthority", $"Secret {name} has no usable CA: {problem.Message.TrimEnd('.')}");
        }
    }
}
