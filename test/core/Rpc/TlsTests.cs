using System.Net;
using System.Security.Cryptography;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Security;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>The data plane with TLS, over real sockets.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ClusterAuthority _authority = ClusterAuthority.Create("photos", DateTimeOffset.UtcNow, TimeSpan.FromDays(10));

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Requests_and_large_payloads_go_both_ways()
    {
        await using var server = Start(CertificateRole.Node);
        await using var client = Connect(server, CertificateRole.Client);
        var payload = RandomNumberGenerator.GetBytes(4 << 20);
        for (var round = 0; round < 5; round++)
            Assert.Equal(payload, await EchoAsync(client, payload));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async number => Assert.Equal([(byte)number], await EchoAsync(client, [(byte)number]))));
        Assert.True(server.Handler.Peers.TryPeek(out var peer));
        Assert.Equal(new CertificateIdentity(CertificateRole.Client, "x"), peer.Certificate);
    }

    [Fact]
    public async Task Nothing_of_a_frame_is_readable_on_the_network()
    {
        await using var server = Start(CertificateRole.Node);
        await using var wire = new WireTap((IPEndPoint)server.Server.Addresses[0]);
        await using var client = Connect(RpcEndpoint.Secured(wire.Address), new HeldCredentials(Issue(CertificateRole.Client)));
        var secret = "what nobody else may read"u8.ToArray();
        Assert.Equal(secret, await EchoAsync(client, secret));
        var seen = wire.Seen();
        Assert.True(seen.Length > 1000);
        Assert.Equal(-1, seen.AsSpan().IndexOf(secret));
    }

    [Fact]
    public async Task Certificates_of_another_cluster_and_of_wrong_roles_are_refused()
    {
        using var strange = ClusterAuthority.Create("strange", DateTimeOffset.UtcNow, TimeSpan.FromDays(10));
        await using var server = Start(CertificateRole.Node);
        await using (var stranger = Connect(server, new HeldCredentials(Issue(CertificateRole.Client, strange))))
            await UnreachableAsync(stranger);
        await using (var nobody = Connect(server, credentials: null))
            await UnreachableAsync(nobody);
        await using var pretender = Start(CertificateRole.Client);
        await using (var client = Connect(pretender, CertificateRole.Client))
            await UnreachableAsync(client);
        Assert.Empty(server.Handler.Peers);
    }

    [Fact]
    public async Task Cleartext_is_refused_and_does_not_disturb()
    {
        await using var server = Start(CertificateRole.Node);
        using (var peer = new RawPeer(server.Server.Addresses[0]))
        {
            peer.TrySend(RawPeer.HelloFrame());
            peer.AwaitClose();
        }

        await using var client = Connect(server, CertificateRole.Client);
        Assert.Equal([1], await EchoAsync(client, [1]));
    }

    [Fact]
    public async Task A_server_that_stops_answers_what_it_has_and_a_client_connects_again()
    {
        await using var server = Start(CertificateRole.Node);
        await using var client = Connect(server, CertificateRole.Client);
        Assert.Equal([1], await EchoAsync(client, [1]));
        server.Handler.Intercept = static request =>
        {
            var peer = request.Peer;
            request.Reply(Errno.None, new BytesMessage([7]), request.PayloadSpan);
            peer.Close("test");
            return true;
        };
        Assert.Equal(new byte[200_000], await EchoAsync(client, new byte[200_000]));
        server.Handler.Intercept = null;
        Assert.Equal([2], await EchoAsync(client, [2]));
        Assert.Equal(2, server.Handler.Peers.Count);
    }

    [Fact]
    public async Task The_Unix_socket_of_the_same_server_is_not_encrypted()
    {
        var path = Path.Combine(Path.GetTempPath(), $"sealfs-tls-{Guid.NewGuid():N}.sock");
        await using var server = Start(CertificateRole.Node, path);
        await using var client = new RpcConnection(RpcEndpoint.Unix(path), new RpcClientOptions { Hello = RpcPair.WriteHello });
        Assert.Equal([3], await EchoAsync(client, [3]));
        Assert.True(server.Handler.Peers.TryPeek(out var peer));
        Assert.Null(peer.Certificate);
    }

    private static async Task<byte[]> EchoAsync(RpcConnection connection, byte[] payload)
    {
        for (var started = DateTime.UtcNow; ;)
        {
            var call = new RpcCall { Opcode = Opcode.Write, TimeoutMs = 20_000 };
            using var response = await connection.CallAsync(in call, new BytesMessage([1]), new Payload(payload));
            if (response.Answered)
                return response.Payload.ToArray();
            Assert.True(DateTime.UtcNow - started < s_patience, $"no answer: {response.Status}");
            await Task.Delay(10);
        }
    }

    private static async Task UnreachableAsync(RpcConnection connection)
    {
        var call = new RpcCall { Opcode = Opcode.Lookup, TimeoutMs = 1500 };
        using var response = await connection.CallAsync(in call, new NumberMessage(1));
        Assert.False(response.Answered);
    }

    private Credentials Issue(CertificateRole role, ClusterAuthority? by = null)
    {
        var issued = (by ?? _authority).Issue(new CertificateIdentity(role, "x"), DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        return Credentials.FromPem(_authority.CertificatePem + by?.CertificatePem, issued.CertificatePem, issued.KeyPem, "test");
    }

    private Running Start(CertificateRole role, string? unixPath = null)
    {
        var handler = new EchoHandler();
        var server = new RpcServer(new RpcServerOptions
        {
            Handler = handler,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            UnixPath = unixPath,
            LoopThreads = 2,
            Credentials = new HeldCredentials(Issue(role)),
        });
        server.Start();
        return new Running(server, handler);
    }

    private RpcConnection Connect(Running server, CertificateRole role) => Connect(server, new HeldCredentials(Issue(role)));

    private static RpcConnection Connect(Running server, ICredentialSource? credentials) => Connect(RpcEndpoint.Secured(server.Server.Addresses[0].ToString()!), credentials);

    private static RpcConnection Connect(string address, ICredentialSource? credentials)
    {
        Assert.True(RpcEndpoint.TryParse(address, out var endpoint));
        Assert.True(endpoint!.IsSecured);
        Assert.Equal(address, endpoint.ToString());
        return new RpcConnection(endpoint, new RpcClientOptions { Hello = RpcPair.WriteHello, Credentials = credentials });
    }

    private sealed record Running(RpcServer Server, EchoHandler Handler) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
