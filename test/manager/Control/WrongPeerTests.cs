using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Security;
using SealFs.Core.Tokens;
using Xunit;

namespace SealFs.Manager.Tests.Control;

/// <summary>Something answers at the manager's address, and it is no manager.</summary>
public sealed class WrongPeerTests
{
    [Fact]
    public async Task It_counts_as_nobody_and_its_connection_is_not_kept()
    {
        var connections = new ConcurrentQueue<string>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        await using var other = builder.Build();
        other.Run(context =>
        {
            connections.Enqueue(context.Connection.Id);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        await other.StartAsync(ManagerFixture.Cancellation);

        using var client = new ControlClient([new Uri(other.Urls.First()).Authority]);
        for (var i = 0; i < 3; i++)
        {
            var problem = await Assert.ThrowsAsync<ControlException>(() => client.ClusterStatusAsync(ManagerFixture.Cancellation));
            Assert.Equal(StatusCode.Unavailable, problem.Code);
            Assert.Contains("no manager (HTTP status 404)", problem.Message, StringComparison.Ordinal);
        }
        Assert.Equal(3, connections.Distinct().Count());
    }

    /// <summary>As where packets are dropped: the time to connect runs out, and that is no reason to give anything up.</summary>
    [Fact]
    public async Task Who_never_finishes_the_handshake_is_asked_again_later()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var authority = ClusterAuthority.Create("photos", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        var issued = authority.Issue(new CertificateIdentity(CertificateRole.Client, "x"), DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        var credentials = Credentials.FromPem(authority.CertificatePem, issued.CertificatePem, issued.KeyPem, "test");
        using var client = new ControlClient([$"{silent.LocalEndpoint}"], TimeSpan.FromSeconds(30), new HeldCredentials(credentials));
        var problem = await Assert.ThrowsAsync<ControlException>(() => client.RenewSessionAsync(new SessionId(1), BearerKey.Create(), ManagerFixture.Cancellation));
        Assert.True(problem.IsTransient);
        Assert.Equal(StatusCode.Unavailable, problem.Code);
        Assert.Contains("in time", problem.Message, StringComparison.Ordinal);
    }
}
