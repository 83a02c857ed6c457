using System.Security.Cryptography.X509Certificates;
using SealFs.Core.Security;

namespace SealFs.Manager.Tls;

/// <summary>
/// Who is at the other end of a connection to the control plane: a feature of the connection. What was shown in the handshake is judged when something is asked, and again when the own
/// credentials have changed, so that an authority that is not trusted any more ends what its certificates could do on connections that exist.
/// </summary>
internal sealed class ConnectionPeer
{
    private const string Cleartext = "it is in cleartext, and this manager speaks TLS with certificates of its cluster (option --tls-dir)";

    private readonly bool isSecured;
    private readonly X509Certificate2? certificate;
    private readonly X509Certificate2Collection intermediates = [];
    private readonly Lock gate = new();
    private Credentials? judge;
    private PeerVerdict verdict;
    private int refusals;

    /// <summary>Somebody who does not speak TLS.</summary>
    public ConnectionPeer()
    {
    }

    /// <summary>Somebody who speaks TLS.</summary>
    /// <param name="shown">The peer's certificate; null: none was shown.</param>
    /// <param name="beside">What else it has shown.</param>
    public ConnectionPeer(X509Certificate? shown, X509Certificate2Collection beside)
    {
        isSecured = true;

        // Copies: the handshake's own end with the handshake.
        certificate = shown is null ? null : X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
        foreach (var one in beside)
            intermediates.Add(X509CertificateLoader.LoadCertificate(one.RawDataMemory.Span));
    }

    public PeerVerdict Judge(Credentials own, DateTimeOffset now)
    {
        if (!isSecured)
            return new PeerVerdict(default, default, Cleartext);
        lock (gate)
        {
            if (judge != own || (verdict.Refusal is null && verdict.ExpiresAt <= now))
            {
                verdict = own.Verify(certificate, intermediates, isServer: false, now);
                judge = own;
            }
            return verdict;
        }
    }

    /// <summary>True once: the log needs to know of it once in a connection's life.</summary>
    public bool IsFirstRefusal() => Interlocked.Increment(ref refusals) == 1;
}
