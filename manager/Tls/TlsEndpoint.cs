using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SealFs.Core.Security;

namespace SealFs.Manager.Tls;

/// <summary>
/// TLS on the control plane's port. Every handshake uses the credentials of its moment. Whatever certificate the other side shows, or none, the handshake succeeds, and so does
/// a connection in cleartext: <see cref="CallGate"/> refuses what is asked on it, in words. An alert of TLS would only say that something is wrong.
/// </summary>
internal static class TlsEndpoint
{
    /// <summary>ContentType.handshake of RFC 8446, 5.1: how every TLS connection begins. HTTP/2 in cleartext begins with "PRI".</summary>
    private const byte HandshakeRecord = 22;

    public static void Secure(this ListenOptions endpoint, ICredentialSource credentials)
    {
        ConnectionDelegate? withoutTls = null;
        endpoint.Use(next => connection => ChooseAsync(connection, next, withoutTls!));
        endpoint.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = Limits.HandshakeTimeout,
            OnConnection = handshake => ValueTask.FromResult(Answer(handshake, credentials)),
        });
        endpoint.Use(next => withoutTls = next);
    }

    private static SslServerAuthenticationOptions Answer(TlsHandshakeCallbackContext handshake, ICredentialSource credentials) => new()
    {
        ServerCertificateContext = credentials.Current!.Context,
        ClientCertificateRequired = true,

        // A resumed session would bring a certificate that was shown at another time.
        AllowTlsResume = false,
#pragma warning disable CA5359 // Who it is decides about what is asked, not about the handshake.
        RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            handshake.Connection.Features.Set(new ConnectionPeer(certificate, chain?.ChainPolicy.ExtraStore ?? []));
            return true;
        },
#pragma warning restore CA5359
    };

    private static async Task ChooseAsync(ConnectionContext connection, ConnectionDelegate withTls, ConnectionDelegate withoutTls)
    {
        if (await FirstByteAsync(connection) is not { } first)
            return;
        if (first != HandshakeRecord)
            connection.Features.Set(new ConnectionPeer());
        await (first == HandshakeRecord ? withTls : withoutTls)(connection);
    }

    /// <returns>Null when none came.</returns>
    private static async Task<byte?> FirstByteAsync(ConnectionContext connection)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(Limits.HandshakeTimeout);
        try
        {
            var read = await connection.Transport.Input.ReadAsync(limit.Token);
            byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            return first;
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException)
        {
            return null;
        }
    }
}
