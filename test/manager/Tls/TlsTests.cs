using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Security;
using SealFs.Core.Tokens;
using Xunit;

namespace SealFs.Manager.Tests.Tls;

public sealed class TlsTests
{
    [Fact]
    public async Task Each_role_may_do_its_work_and_no_more()
    {
        await using var cluster = await TlsCluster.StartAsync();
        var node = cluster.Client(CertificateRole.Node);
        await node.RegisterNodeAsync(ManagerFixture.Registration(1), TlsCluster.Cancellation);
        var admin = cluster.Client(CertificateRole.Admin);
        await admin.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, TlsCluster.Cancellation);
        var client = cluster.Client(CertificateRole.Client);
        var session = await client.OpenSessionAsync(new OpenSessionRequest { Volume = "data", ClientName = "c", Host = "h" }, TlsCluster.Cancellation);
        await client.CloseSessionAsync(new Core.SessionId(session.SessionId), BearerKey.FromPrivate(session.PrivateKey.Span), TlsCluster.Cancellation);

        await ForbiddenAsync(node, "node", "CreateVolume", () => node.CreateVolumeAsync(new CreateVolumeRequest { Name = "other" }, TlsCluster.Cancellation));
        await ForbiddenAsync(client, "client", "DeleteVolume", () => client.DeleteVolumeAsync("data", force: true, TlsCluster.Cancellation));
        await ForbiddenAsync(client, "client", "RegisterNode", () => client.RegisterNodeAsync(ManagerFixture.Registration(2), TlsCluster.Cancellation));
        await ForbiddenAsync(admin, "admin", "RegisterNode", () => admin.RegisterNodeAsync(ManagerFixture.Registration(2), TlsCluster.Cancellation));
        var manager = cluster.Client(CertificateRole.Manager);
        await ForbiddenAsync(manager, "manager", "ClusterStatus", () => manager.ClusterStatusAsync(TlsCluster.Cancellation));
        Assert.Equal("data", (await admin.GetVolumeAsync("data", TlsCluster.Cancellation)).Name);

        static async Task ForbiddenAsync(ControlClient caller, string role, string call, Func<Task> ask)
        {
            var refusal = await Assert.ThrowsAsync<ControlException>(ask);
            Assert.Equal(StatusCode.PermissionDenied, refusal.Code);
            Assert.Contains($"role {role} (x) may not call {call}", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_by_the_manager()
    {
        await using var cluster = await TlsCluster.StartAsync();
        using var other = TlsCluster.NewAuthority();
        var client = cluster.Client(new HeldCredentials(cluster.Issue(new CertificateIdentity(CertificateRole.Admin, "mallory"), by: other)));
        await RefusedAsync(client, "the certificate of 'admin mallory' is of an authority that is not trusted here");
        Assert.Contains(cluster.Log.Lines, line => line.StartsWith("Warning 8211", StringComparison.Ordinal) && line.Contains("mallory", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_expired_certificate_is_refused_on_both_sides()
    {
        await using var cluster = await TlsCluster.StartAsync();
        var client = cluster.Client(CertificateRole.Admin);
        await client.ClusterStatusAsync(TlsCluster.Cancellation);

        // On the connection that exists.
        cluster.Clock.Shift = TimeSpan.FromDays(11);
        await RefusedAsync(client, "the certificate of 'admin x' expired at ");

        // The holder's own clock says so: nobody is asked.
        var issued = cluster.Authority.Issue(new CertificateIdentity(CertificateRole.Admin, "late"), DateTimeOffset.UtcNow.AddHours(-2), TimeSpan.FromHours(1));
        var late = cluster.Client(new HeldCredentials(Credentials.FromPem(cluster.Authority.CertificatePem, issued.CertificatePem, issued.KeyPem, "/etc/late")));
        var problem = await Assert.ThrowsAsync<ControlException>(() => late.ClusterStatusAsync(TlsCluster.Cancellation));
        Assert.Equal(StatusCode.Unavailable, problem.Code);
        Assert.Contains("/etc/late: the certificate of 'admin late' expired at", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_certificate_nothing_is_answered()
    {
        await using var cluster = await TlsCluster.StartAsync();
        using var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // A stranger.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        using var channel = GrpcChannel.ForAddress($"https://{cluster.Host.Address}", new GrpcChannelOptions { HttpHandler = handler });
        var stub = new Core.Control.V1.Control.ControlClient(channel);
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await stub.GetMapAsync(new GetMapRequest(), cancellationToken: TlsCluster.Cancellation));
        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        Assert.Equal("The manager refuses the connection: no certificate was shown.", refusal.Status.Detail);
        using var watch = stub.WatchMap(new WatchMapRequest(), cancellationToken: TlsCluster.Cancellation);
        refusal = await Assert.ThrowsAsync<RpcException>(async () => await watch.ResponseStream.MoveNext(TlsCluster.Cancellation));
        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        var unknown = new HttpRequestMessage(HttpMethod.Get, $"https://{cluster.Host.Address}/anything") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        using var answer = await invoker.SendAsync(unknown, TlsCluster.Cancellation);
        Assert.Equal(["16"], answer.Headers.GetValues("grpc-status"));
    }

    [Fact]
    public async Task A_client_in_cleartext_is_told_that_TLS_is_needed()
    {
        await using var cluster = await TlsCluster.StartAsync();
        await RefusedAsync(cluster.Client((ICredentialSource?)null), "it is in cleartext, and this manager speaks TLS");
        await RefusedAsync(cluster.Client(new HeldCredentials(null)), "--tls-dir");
    }

    [Fact]
    public async Task A_client_with_TLS_is_told_that_the_manager_has_none()
    {
        await using var cluster = await TlsCluster.StartAsync();
        await using var manager = await ManagerFixture.StartAsync();
        using var client = new ControlClient([manager.Host.Address], credentials: new HeldCredentials(cluster.Issue(CertificateRole.Admin)));
        var problem = await Assert.ThrowsAsync<ControlException>(() => client.ClusterStatusAsync(TlsCluster.Cancellation));
        Assert.Equal(StatusCode.Unavailable, problem.Code);
        Assert.Contains("does not speak TLS", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CertificateRole.Node, false)]
    [InlineData(CertificateRole.Manager, true)]
    public async Task A_client_speaks_to_nobody_but_the_manager_of_its_cluster(CertificateRole role, bool ofOther)
    {
        await using var cluster = await TlsCluster.StartAsync();
        using var other = TlsCluster.NewAuthority();
        cluster.Credentials.Current = cluster.Issue(new CertificateIdentity(role, "impostor"), by: ofOther ? other : null);
        var problem = await Assert.ThrowsAsync<ControlException>(() => cluster.Client(CertificateRole.Admin).ClusterStatusAsync(TlsCluster.Cancellation));
        Assert.Equal(StatusCode.Unavailable, problem.Code);
        Assert.Contains($"is not the manager of this cluster: the certificate of '{role.Text()} impostor'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metrics_port_stays_as_it_is_and_serves_nothing_else()
    {
        await using var cluster = await TlsCluster.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(cluster.Host.MetricsUrl!) };
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative), TlsCluster.Cancellation));
        Assert.Contains("sealfs_manager_certificate_left_seconds", await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TlsCluster.Cancellation), StringComparison.Ordinal);
        using var answer = await http.PostAsync(new Uri("/sealfs.control.v1.Control/GetMap", UriKind.Relative), new ByteArrayContent([0, 0, 0, 0, 0]), TlsCluster.Cancellation);
        Assert.Equal(["16"], answer.Headers.GetValues("grpc-status"));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(TlsCluster.Cancellation));
    }

    [Fact]
    public async Task With_credentials_it_may_listen_anywhere()
    {
        await using var cluster = await TlsCluster.StartAsync(options => options with { ListenAddress = "0.0.0.0" });
        var port = cluster.Host.Address.Split(':')[^1];
        using var client = new ControlClient([$"localhost:{port}"], credentials: new HeldCredentials(cluster.Issue(CertificateRole.Admin)));
        await client.ClusterStatusAsync(TlsCluster.Cancellation);
    }

    [Fact]
    public async Task Random_bytes_hurt_nobody()
    {
        await using var cluster = await TlsCluster.StartAsync();
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var port = int.Parse(cluster.Host.Address.Split(':')[^1]);
        byte[][] beginnings = [[], [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray()];
        for (var count = 0; count < 150; count++)
        {
            var bytes = new byte[random.Next(0, 2_000)];
            random.NextBytes(bytes);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, TlsCluster.Cancellation);
            try
            {
                await socket.SendAsync((byte[])[.. beginnings[count % 3], .. bytes], TlsCluster.Cancellation);
                socket.Shutdown(SocketShutdown.Send);
                while (await socket.ReceiveAsync(new byte[4_096], TlsCluster.Cancellation) > 0)
                {
                    // Until the manager closes the connection.
                }
            }
            catch (SocketException)
            {
                // It may close with a reset.
            }
        }
        await cluster.Client(CertificateRole.Admin).ClusterStatusAsync(TlsCluster.Cancellation);
    }

    private static async Task RefusedAsync(ControlClient client, string reason)
    {
        var refusal = await Assert.ThrowsAsync<ControlException>(() => client.ClusterStatusAsync(TlsCluster.Cancellation));
        Assert.Equal(StatusCode.Unauthenticated, refusal.Code);
        Assert.True(refusal.IsTransient);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}
