using System.Net.Security;
using System.Security.Authentication;
using SealFs.Core.Security;

namespace SealFs.Core.Rpc;

/// <summary>
/// The handshakes of the data plane: mutual TLS within the cluster's authority. The server is a storage node, and who connects is anybody with a certificate of the cluster; what he may do is
/// decided by his token.
/// </summary>
internal static class TlsHandshake
{
    /// <exception cref="AuthenticationException">The other side is no storage node of this cluster, or refused the own certificate.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public static async Task<SslStream> ConnectAsync(Stream network, string host, Credentials own, DateTimeOffset now, CancellationToken limit)
    {
        var secured = new SslStream(network, leaveInnerStreamOpen: false);
        try
        {
            string? refusal = null;
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = host,
                ClientCertificateContext = own.Context,
                AllowTlsResume = false,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    using var shown = PeerCertificate.Of(certificate);

                    // A node's certificate is one for clients (extended key usage): nodes are clients of the manager. That it is a node's is what counts.
                    var verdict = own.Verify(shown, chain?.ChainPolicy.ExtraStore ?? [], isServer: false, now);
                    refusal = verdict.Refusal ?? (verdict.Peer.Role == CertificateRole.Node ? null : $"'{verdict.Peer}' is no storage node");
                    return refusal is null;
                },
            };
            try
            {
                await secured.AuthenticateAsClientAsync(options, limit).ConfigureAwait(false);
            }
            catch (AuthenticationException exception) when (refusal is not null)
            {
                throw new AuthenticationException($"it is no storage node of this cluster: {refusal}", exception);
            }
            return secured;
        }
        catch
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <exception cref="AuthenticationException">The other side does not belong to this cluster, or speaks no TLS.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public static async Task<(SslStream Secured, CertificateIdentity Peer)> AcceptAsync(Stream network, Credentials own, DateTimeOffset now, CancellationToken limit)
    {
        var secured = new SslStream(network, leaveInnerStreamOpen: false);
        try
        {
            var verdict = PeerVerdict.Refused("no certificate was shown");
            var options = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = own.Context,
                ClientCertificateRequired = true,

                // A resumed session would bring a certificate that was shown at another time.
                AllowTlsResume = false,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    using var shown = PeerCertificate.Of(certificate);
                    verdict = own.Verify(shown, chain?.ChainPolicy.ExtraStore ?? [], isServer: false, now);
                    return verdict.Refusal is null;
                },
            };
            try
            {
                await secured.AuthenticateAsServerAsync(options, limit).ConfigureAwait(false);
            }
            catch (AuthenticationException exception)
            {
                throw new AuthenticationException(verdict.Refusal ?? exception.Message, exception);
            }
            return (secured, verdict.Peer);
        }
        catch
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
