using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SealFs.Core.Security;

namespace SealFs.Core.Control;

/// <summary>The connections to one address that are made with the same credentials. Who asks for something while they are in use is counted by their owner.</summary>
internal sealed class ManagerConnections : IDisposable
{
    private readonly TimeProvider clock;

    /// <param name="credentials">With which TLS is spoken; null: as the address says.</param>
    /// <param name="clock">What is compared with the times in certificates.</param>
    public ManagerConnections(Credentials? credentials, TimeProvider clock)
    {
        Credentials = credentials;
        this.clock = clock;
        Invoker = new HttpMessageInvoker(Open());
    }

    public Credentials? Credentials { get; }

    public HttpMessageInvoker Invoker { get; }

    /// <summary>Requests that have no answer yet. Disposing fails those that wait for a connection; answers that are being read go on.</summary>
    public int Users { get; set; }

    /// <summary>Nobody takes it any more: the last user disposes it.</summary>
    public bool IsRetired { get; set; }

    /// <returns>True when it has no users, and the caller disposes it.</returns>
    public bool Retire()
    {
        IsRetired = true;
        return Users == 0;
    }

    public void Dispose() => Invoker.Dispose();

    private SocketsHttpHandler Open() => new()
    {
        ConnectTimeout = TimeSpan.FromMilliseconds(ControlLimits.ConnectTimeoutMs),
        EnableMultipleHttp2Connections = true,
        KeepAlivePingDelay = TimeSpan.FromMilliseconds(ControlLimits.KeepAliveMs),
        KeepAlivePingTimeout = TimeSpan.FromMilliseconds(ControlLimits.KeepAliveMs),
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,

        // A manager is named by address: what a proxy variable in the environment says is meant for other traffic.
        UseProxy = false,

        // With a callback of ours gRPC leaves connecting to the handler. Its own connection manager refuses calls for up to two minutes after failed
        // attempts: a node would lose its lease to a manager that is long back. Whoever calls again has a pause of its own.
        ConnectCallback = ConnectAsync,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        if (Credentials is { } own && own.ExpiresAt <= clock.GetUtcNow())
            throw ManagerHandler.Unreachable($"{own.Origin}: the certificate of '{own.Identity}' expired at {own.ExpiresAt:u}");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return Credentials is null ? stream : await SecureAsync(stream, Credentials, context.DnsEndPoint.Host, cancellation);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The handler takes a stream that is secured already as it is, and so the reason of a failure is ours to tell.</summary>
    private async Task<SslStream> SecureAsync(Stream stream, Credentials credentials, string host, CancellationToken cancellation)
    {
        string? refusal = null;
        var secured = new SslStream(stream);
        try
        {
            await secured.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    ClientCertificateContext = credentials.Context,
                    RemoteCertificateValidationCallback = (_, certificate, chain, _) => (refusal = Judge(credentials, certificate, chain)) is null,
                },
                cancellation);
            return secured;
        }
        catch (Exception problem) when (problem is AuthenticationException or IOException)
        {
            await secured.DisposeAsync();
            throw ManagerHandler.Unreachable(
                refusal is null
                    ? $"what answers there does not speak TLS as managers do ({problem.Message}); a manager without certificates is spoken to without"
                    : $"what answers there is not the manager of this cluster: {refusal}");
        }
    }

    private string? Judge(Credentials credentials, X509Certificate? certificate, X509Chain? chain)
    {
        var verdict = credentials.Verify(certificate as X509Certificate2, chain?.ChainPolicy.ExtraStore ?? [], isServer: true, clock.GetUtcNow());
        if (verdict.Refusal is not null)
            return verdict.Refusal;
        return verdict.Peer.Role == CertificateRole.Manager ? null : $"the certificate is of '{verdict.Peer}'";
    }
}
