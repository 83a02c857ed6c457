using System.CommandLine;
using SealFs.Cli.Settings;
using SealFs.Core.Security;
using SealFs.Manager;

namespace SealFs.Cli.Servers;

/// <summary><c>sealfs manager</c>: runs a manager in the foreground until a signal ends it.</summary>
internal static class ManagerCommand
{
    private static readonly Setting<Endpoint> Listen = Setting<Endpoint>.Value(
        "--listen", "ADDRESS:PORT", "Where the control plane listens.", Endpoint.Parse, new Endpoint(Endpoint.Loopback, ManagerOptions.DefaultPort),
        $"{Endpoint.Loopback}:{ManagerOptions.DefaultPort}");

    private static readonly Setting<string?> DataDirectory = Setting<string?>.Value(
        "--data-dir", "DIR", "Where the manager keeps its state: the cluster map, nodes, volumes and sessions. Made when missing.", SettingParsers.Text, null, null);

    private static readonly Setting<int> ExpectedNodes = Setting<int>.Value(
        "--expected-nodes", "N", "The cluster map is built when this many nodes have registered for the first time.", SettingParsers.Integer(1, 65_535), 1, "1");

    private static readonly Setting<uint?> Shards = Setting<uint?>.Value(
        "--shards", "N", "Number of shards, fixed when the cluster is created. Some dozens a node are plenty.",
        text => (uint)SettingParsers.Integer(1, 1 << 20)(text), null, "256");

    private static readonly Setting<TimeSpan> NodeLease = Setting<TimeSpan>.Value(
        "--node-lease", "TIME", "A node that sends no heartbeat for this long is dead.", SettingParsers.Duration, TimeSpan.FromSeconds(10), "10s");

    private static readonly Setting<TimeSpan> SessionLease = Setting<TimeSpan>.Value(
        "--session-lease", "TIME", "A client that does not renew its session for this long loses it, with its open files and locks.",
        SettingParsers.Duration, TimeSpan.FromSeconds(60), "60s");

    private static readonly Setting<TimeSpan> GrowthDelay = Setting<TimeSpan>.Value(
        "--growth-delay", "TIME", "Shards are spread anew when the nodes have been the same for this long, so that several that come together are planned for together.",
        SettingParsers.Duration, TimeSpan.FromSeconds(5), "5s");

    private static readonly Setting<TimeSpan> MovePatience = Setting<TimeSpan>.Value(
        "--move-patience", "TIME", "A move onto a node that is dead is called off after this long; until then it waits for the node to come back.",
        SettingParsers.Duration, TimeSpan.FromMinutes(2), "2m");

    private static readonly Setting<int> MetricsPort = ServerSettings.MetricsPort(ManagerOptions.DefaultMetricsPort);

    public static Command Build() => new DocumentedCommand(
            "manager", "Run a manager. It keeps the cluster map, the membership and the volumes, and is never on the path of a file operation.",
            "sealfs manager --data-dir /srv/sealfs/manager --expected-nodes 3",
            "sealfs manager --data-dir /srv/sealfs/manager --listen 10.0.0.5:7400 --tls-dir /etc/sealfs/tls")
        .With(Listen, DataDirectory, ExpectedNodes, Shards, NodeLease, SessionLease, GrowthDelay, MovePatience, MetricsPort, TlsSettings.Directory, ServerSettings.Insecure)
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        PrivateFiles.RestrictMask();
        var listen = invocation.Get(Listen);
        await using var host = await ManagerHost.StartAsync(
            new ManagerOptions
            {
                DataDirectory = invocation.Require(DataDirectory),
                ListenAddress = listen.Host,
                Port = listen.Port,
                MetricsPort = invocation.Get(MetricsPort),
                Insecure = invocation.Get(ServerSettings.Insecure),
                Credentials = TlsSettings.Open(invocation, CertificateRole.Manager),
                Shards = invocation.Get(Shards),
                ExpectedNodes = invocation.Get(ExpectedNodes),
                NodeLease = invocation.Get(NodeLease),
                SessionLease = invocation.Get(SessionLease),
                GrowthDelay = invocation.Get(GrowthDelay),
                MovePatience = invocation.Get(MovePatience),
            },
            invocation.Loggers,
            invocation.Stop);
        await invocation.UntilStopped();
        return ExitCode.Ok;
    }
}
