using System.Security.Cryptography.X509Certificates;

namespace SealFs.Core.Rpc;

/// <summary>A copy of what a handshake shows: its own object ends with the handshake.</summary>
internal static class PeerCertificate
{
    public static X509Certificate2? Of(X509Certificate? shown) => shown is null ? null : X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
}
