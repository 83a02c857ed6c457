using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Core.Control;
using SealFs.Core.Security;
using Xunit;

namespace SealFs.Manager.Tests.Tls;

/// <summary>A manager with TLS on real sockets, the authority of its cluster, and clients with certificates of any kind.</summary>
internal sealed class TlsCluster : IAsyncDisposable
{
    public static readonly CertificateIdentity ManagerIdentity = new(CertificateRole.Manager, "manager");

    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-tls-").FullName;
    private readonly List<ControlClient> _clients = [];

    private TlsCluster() => Authority = NewAuthority();

    public ClusterAuthority Authority { get; }

    /// <summary>The manager's wall clock.</summary>
    public ShiftedClock Clock { get; } = new();

    /// <summary>The manager's own.</summary>
    public HeldCredentials Credentials { get; } = new(null);

    public LogLines Log { get; } = new();

    public ManagerHost Host { get; private set; } = null!;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TlsCluster> StartAsync(Func<ManagerOptions, ManagerOptions>? adjust = null)
    {
        var cluster = new TlsCluster();
        cluster.Credentials.Current = cluster.Issue(ManagerIdentity);
        var options = new ManagerOptions { DataDirectory = cluster._directory, Port = 0, MetricsPort = 0, Clock = cluster.Clock, Credentials = cluster.Credentials };
        cluster.Host = await ManagerHost.StartAsync(adjust?.Invoke(options) ?? options, cluster.Log, Cancellation);
        return cluster;
    }

    public static ClusterAuthority NewAuthority() => ClusterAuthority.Create("photos", DateTimeOffset.UtcNow.AddDays(-1), TimeSpan.FromDays(1000));

    public Credentials Issue(CertificateRole role, string name = "x", TimeSpan? lifetime = null) => Issue(new CertificateIdentity(role, name), lifetime);

    /// <summary>Credentials that trust the cluster's authority and, when it is another, the one that issues them.</summary>
    public Credentials Issue(CertificateIdentity identity, TimeSpan? lifetime = null, ClusterAuthority? by = null, VolumeGrants? grants = null)
    {
        var issued = (by ?? Authority).Issue(identity, DateTimeOffset.UtcNow, lifetime ?? TimeSpan.FromDays(10), grants);
        var trusted = Authority.CertificatePem + (by is null ? "" : by.CertificatePem);
        return Core.Security.Credentials.FromPem(trusted, issued.CertificatePem, issued.KeyPem, "test");
    }

    public ControlClient Client(CertificateRole role) => Client(new HeldCredentials(Issue(role)));

    public ControlClient Client(ICredentialSource? credentials)
    {
        var client = new ControlClient([Host.Address], TimeSpan.FromSeconds(60), credentials);
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Host.DisposeAsync();
        Authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The time, and a shift of its wall-clock side.</summary>
    internal sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }

    internal sealed class LogLines : ILoggerFactory, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public IReadOnlyCollection<string> Lines => _lines;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)}");
    }
}
