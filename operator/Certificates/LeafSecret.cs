using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using SealFs.Core.Security;
using SealFs.Operator.Resources;

namespace SealFs.Operator.Certificates;

/// <summary>The Secret with a role's certificate, laid out as the kubelet and everybody else expects of type kubernetes.io/tls: ca.crt, tls.crt, tls.key.</summary>
internal static class LeafSecret
{
    public const string Bundle = "ca.crt";
    public const string Certificate = "tls.crt";
    public const string Key = "tls.key";

    /// <returns>What it has; null when it has nothing that could be used.</returns>
    public static Leaf? Read(V1Secret? secret)
    {
        if (secret is null || AuthoritySecret.Text(secret, Certificate) is not { } certificate || AuthoritySecret.Text(secret, Key) is not { } key)
            return null;
        try
        {
            return Leaf.Parse(certificate, key);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Why another certificate is needed; null when this one is well.</summary>
    public static string? WhyAnother(V1Secret? live, Leaf? leaf, CertificateRole role, TrustStep step, string asked, DateTimeOffset now)
    {
        if (live is null)
            return "there was none";
        if (leaf is null)
            return "what was there cannot be read";
        if (leaf.Role != role)
            return "what was there has another role";
        if (!step.Accepts(leaf))
            return "the CA is another one";
        if (leaf.IsDue(now))
            return $"the one before is valid until {Date(leaf.Until)}";
        return asked.Length > 0 && asked != AuthoritySecret.Annotation(live, ClusterNames.RotateCertificatesAnnotation) ? "it was asked for" : null;
    }

    /// <param name="names">Of the cluster.</param>
    /// <param name="role">Of the certificate.</param>
    /// <param name="leaf">The certificate.</param>
    /// <param name="bundle">The CAs that its holder trusts.</param>
    /// <param name="asked">The request that it met; empty when there was none.</param>
    public static V1Secret Build(ClusterNames names, CertificateRole role, Leaf leaf, string bundle, string asked)
    {
        var metadata = names.Metadata(names.TlsSecret(role), "cluster");
        if (asked.Length > 0)
            metadata.Annotations = new Dictionary<string, string> { [ClusterNames.RotateCertificatesAnnotation] = asked };
        return new V1Secret
        {
            Metadata = metadata,
            Type = "kubernetes.io/tls",
            Data = new Dictionary<string, byte[]>
            {
                [Bundle] = Encoding.UTF8.GetBytes(bundle),
                [Certificate] = Encoding.UTF8.GetBytes(leaf.Certificate),
                [Key] = Encoding.UTF8.GetBytes(leaf.Key),
            },
        };
    }

    public static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
