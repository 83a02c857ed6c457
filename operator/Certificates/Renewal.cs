using System.Security.Cryptography.X509Certificates;

namespace SealFs.Operator.Certificates;

/// <summary>When the next certificate is due: when a third of the life of this one is left.</summary>
internal static class Renewal
{
    private const int PartLeft = 3;

    public static bool IsDue(X509Certificate2 certificate, DateTimeOffset now)
    {
        DateTimeOffset begin = certificate.NotBefore;
        DateTimeOffset end = certificate.NotAfter;
        return end - now <= (end - begin) / PartLeft;
    }
}
