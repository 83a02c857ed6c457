using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using SealFs.Operator.Resources;

namespace SealFs.Operator.Certificates;

/// <summary>
/// The Secret of a cluster's CA: all that there is of the state of its certificates.
/// <code>
/// ca.crt, ca.key       the CA that issues
/// next.crt, next.key   its successor, while that is being announced
/// former.crt           CAs that are trusted beside these
/// bundle.crt           all that are trusted: for those who want to connect by other ways
/// </code>
/// </summary>
internal static class AuthoritySecret
{
    private const string Certificate = "ca.crt";
    private const string Key = "ca.key";
    private const string NextCertificate = "next.crt";
    private const string NextKey = "next.key";
    private const string FormerCertificates = "former.crt";
    private const string Bundle = "bundle.crt";
    private const string Spread = "sealfs.io/spread-since";

    /// <exception cref="CryptographicException">It has no CA in it, or something that is none.</exception>
    public static TrustStep Read(V1Secret secret)
    {
        var issuer = Find(secret, Certificate, Key);
        var former = Authority.Split(Text(secret, FormerCertificates) ?? "");
        var since = Annotation(secret, Spread) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : (DateTimeOffset?)null;
        if (Find(secret, NextCertificate, NextKey) is { } next)
            return new Announced(issuer, former, next, since);
        if (issuer is null)
            throw new CryptographicException($"there is no {Certificate}");
        return former.Count > 0 ? new Replaced(issuer, former, since) : new Settled(issuer);
    }

    /// <param name="names">Of the cluster.</param>
    /// <param name="step">What it shall say.</param>
    /// <param name="asked">The request for another CA that has been met last; empty when there was none.</param>
    public static V1Secret Build(ClusterNames names, TrustStep step, string asked)
    {
        var (issuer, next, former) = step switch
        {
            Announced announced => (announced.Issuer, announced.Successor, announced.Trusted),
            Replaced replaced => (replaced.Issuer, null, replaced.Former),
            _ => (step.Issuing, (Authority?)null, (IReadOnlyList<string>)[]),
        };
        var data = new Dictionary<string, byte[]>();
        Put(data, issuer, Certificate, Key);
        Put(data, next, NextCertificate, NextKey);
        if (former.Count > 0)
            data[FormerCertificates] = Encoding.UTF8.GetBytes(string.Concat(former));
        data[Bundle] = Encoding.UTF8.GetBytes(step.Bundle);
        var metadata = names.Metadata(names.AuthoritySecret, "cluster");
        metadata.Annotations = new Dictionary<string, string>();
        if (asked.Length > 0)
            metadata.Annotations[ClusterNames.RotateAuthorityAnnotation] = asked;
        if (step.SpreadSince is { } since)
            metadata.Annotations[Spread] = since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new V1Secret { Metadata = metadata, Type = "Opaque", Data = data };
    }

    /// <summary>The request for another CA that this one has met.</summary>
    public static string Asked(V1Secret secret) => Annotation(secret, ClusterNames.RotateAuthorityAnnotation) ?? "";

    public static string? Annotation(V1Secret secret, string name) => secret.Metadata.Annotations?.TryGetValue(name, out var value) == true ? value : null;

    public static string? Text(V1Secret secret, string key) => secret.Data?.TryGetValue(key, out var bytes) == true ? Encoding.UTF8.GetString(bytes) : null;

    private static Authority? Find(V1Secret secret, string certificate, string key) =>
        Text(secret, certificate) is { } pem ? Authority.Parse(pem, Text(secret, key) ?? "") : null;

    private static void Put(Dictionary<string, byte[]> data, Authority? authority, string certificate, string key)
    {
        if (authority is null)
            return;
        data[certificate] = Encoding.UTF8.GetBytes(authority.Certificate);
        data[key] = Encoding.UTF8.GetBytes(authority.Key);
    }
}
