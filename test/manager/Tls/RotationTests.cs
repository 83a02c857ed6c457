using Grpc.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Security;
using Xunit;

namespace SealFs.Manager.Tests.Tls;

/// <summary>Certificates are replaced while calls and streams are under way.</summary>
public sealed class RotationTests
{
    [Fact]
    public async Task New_certificates_break_no_stream_and_are_used_from_the_next_call_on()
    {
        await using var cluster = await TlsCluster.StartAsync();
        var held = new HeldCredentials(cluster.Issue(CertificateRole.Client, "first"));
        var client = cluster.Client(held);
        await using var watch = client.WatchMapAsync(new WatchMapRequest(), TlsCluster.Cancellation).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Contains("(first)", await NameSeenAsync(client), StringComparison.Ordinal);

        held.Current = cluster.Issue(CertificateRole.Client, "second");
        cluster.Credentials.Current = cluster.Issue(TlsCluster.ManagerIdentity);
        Assert.Contains("(second)", await NameSeenAsync(client), StringComparison.Ordinal);

        // The stream began on the old connection, and goes on.
        await cluster.Client(CertificateRole.Node).RegisterNodeAsync(ManagerFixture.Registration(1), TlsCluster.Cancellation);
        Assert.True(await watch.MoveNextAsync());
    }

    [Fact]
    public async Task A_change_of_the_authority_in_steps_is_noticed_by_nobody()
    {
        await using var cluster = await TlsCluster.StartAsync();
        using var next = TlsCluster.NewAuthority();
        var held = new HeldCredentials(cluster.Issue(CertificateRole.Admin));
        var client = cluster.Client(held);
        await client.ClusterStatusAsync(TlsCluster.Cancellation);
        var manager = TlsCluster.ManagerIdentity;
        var admin = new CertificateIdentity(CertificateRole.Admin, "x");
        var both = cluster.Authority.CertificatePem + next.CertificatePem;
        (ClusterAuthority By, string Trusted)[] steps = [(cluster.Authority, both), (next, both), (next, next.CertificatePem)];
        foreach (var (by, trusted) in steps)
        {
            cluster.Credentials.Current = Issue(by, manager, trusted);
            await client.ClusterStatusAsync(TlsCluster.Cancellation);
            held.Current = Issue(by, admin, trusted);
            await client.ClusterStatusAsync(TlsCluster.Cancellation);
        }

        // Who has missed it is out, also on a connection from before.
        var late = cluster.Client(new HeldCredentials(cluster.Issue(admin, by: next)));
        await late.ClusterStatusAsync(TlsCluster.Cancellation);
        cluster.Credentials.Current = cluster.Issue(manager);
        var refusal = await Assert.ThrowsAsync<ControlException>(() => late.ClusterStatusAsync(TlsCluster.Cancellation));
        Assert.Equal(StatusCode.Unauthenticated, refusal.Code);
        Assert.Contains("not trusted", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_ends_with_its_certificate_and_is_taken_up_with_the_next()
    {
        await using var cluster = await TlsCluster.StartAsync();
        var held = new HeldCredentials(cluster.Issue(CertificateRole.Client, "first", TimeSpan.FromSeconds(4)));
        var client = cluster.Client(held);
        await using var watch = client.WatchMapAsync(new WatchMapRequest(), TlsCluster.Cancellation).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        held.Current = cluster.Issue(CertificateRole.Client, "second");
        Assert.False(await watch.MoveNextAsync());
        await using var again = client.WatchMapAsync(new WatchMapRequest(), TlsCluster.Cancellation).GetAsyncEnumerator();
        Assert.True(await again.MoveNextAsync());
    }

    [Fact]
    public async Task Calls_under_way_survive_any_number_of_changes()
    {
        await using var cluster = await TlsCluster.StartAsync();
        var held = new HeldCredentials(cluster.Issue(CertificateRole.Admin));
        var client = cluster.Client(held);
        var changes = Enumerable.Range(0, 20).Select(number => cluster.Issue(CertificateRole.Admin, $"{number}")).ToList();
        using var done = new CancellationTokenSource();
        var calling = Enumerable.Range(0, 4).Select(_ => Task.Run(CallAsync)).ToList();
        foreach (var change in changes)
        {
            held.Current = change;
            await client.ClusterStatusAsync(TlsCluster.Cancellation);
        }
        await done.CancelAsync();
        Assert.All(await Task.WhenAll(calling), count => Assert.True(count > 0));

        async Task<int> CallAsync()
        {
            var count = 0;
            do
            {
                await client.ClusterStatusAsync(TlsCluster.Cancellation);
                count++;
            }
            while (!done.IsCancellationRequested);
            return count;
        }
    }

    [Fact]
    public async Task A_session_goes_on_after_a_time_with_a_wrong_certificate()
    {
        await using var cluster = await TlsCluster.StartAsync();
        await cluster.Client(CertificateRole.Node).RegisterNodeAsync(ManagerFixture.Registration(1), TlsCluster.Cancellation);
        await cluster.Client(CertificateRole.Admin).CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, TlsCluster.Cancellation);
        using var other = TlsCluster.NewAuthority();
        var held = new HeldCredentials(cluster.Issue(CertificateRole.Client));
        var client = cluster.Client(held);
        var opened = await client.OpenSessionAsync(new OpenSessionRequest { Volume = "data", ClientName = "c", Host = "h" }, TlsCluster.Cancellation);

        held.Current = cluster.Issue(new CertificateIdentity(CertificateRole.Client, "stranger"), by: other);
        await using var loop = ClientSessionLoop.Attach(client, ClientSession.FromProto(opened)!, logger: new LoopLog(cluster.Log));
        var outcome = new TaskCompletionSource<string>();
        loop.Lost += reason => outcome.TrySetResult(reason);
        loop.Renewed += _ => outcome.TrySetResult("renewed");
        await UntilAsync(() => cluster.Log.Lines.Count(line => line.Contains("7021", StringComparison.Ordinal)) >= 2);
        held.Current = cluster.Issue(CertificateRole.Client);
        Assert.Equal("renewed", await outcome.Task.WaitAsync(TlsCluster.Cancellation));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(10, TlsCluster.Cancellation);
    }

    /// <summary>The name by which the manager knows the caller.</summary>
    private static async Task<string> NameSeenAsync(ControlClient client) =>
        (await Assert.ThrowsAsync<ControlException>(() => client.ClusterStatusAsync(TlsCluster.Cancellation))).Message;

    private static Credentials Issue(ClusterAuthority by, CertificateIdentity identity, string trusted)
    {
        var issued = by.Issue(identity, DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        return Credentials.FromPem(trusted, issued.CertificatePem, issued.KeyPem, "test");
    }

    private sealed class LoopLog(Microsoft.Extensions.Logging.ILogger log) : Microsoft.Extensions.Logging.ILogger<ClientSessionLoop>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => log.Log(logLevel, eventId, state, exception, formatter);
    }
}
