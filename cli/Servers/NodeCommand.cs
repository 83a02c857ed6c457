using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Settings;
using SealFs.Core.Security;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Hosting;

namespace SealFs.Cli.Servers;

/// <summary><c>sealfs node</c>: runs a storage node in the foreground until a signal ends it.</summary>
internal static class NodeCommand
{
    private const int DefaultMetricsPort = 7411;

    private static readonly MetadataEngineOptions s_engine = new() { LogAheadBytes = 16L * 1024 * 1024 };

    private static readonly Setting<Endpoint> Listen = Setting<Endpoint>.Value(
        "--listen", "ADDRESS:PORT", "Where the data plane listens.", Endpoint.Parse, new Endpoint(Endpoint.Loopback, NodeOptions.DefaultPort),
        $"{Endpoint.Loopback}:{NodeOptions.DefaultPort}");

    private static readonly Setting<string?> MetadataDirectory = Setting<string?>.Value(
        "--metadata-dir", "DIR", "Where the node keeps metadata, small files and its identity. Best on a fast disk of its own.", SettingParsers.Text, null, null);

    private static readonly Setting<string?> DataDirectory = Setting<string?>.Value(
        "--data-dir", "DIR", "Where the node keeps the chunks of larger files.", SettingParsers.Text, null, null);

    private static readonly Setting<string?> Name = Setting<string?>.Value(
        "--name", "NAME", "Name of the node, unique in the cluster.", SettingParsers.Text, null, "host name and port");

    private static readonly Setting<string?> Advertise = Setting<string?>.Value(
        "--advertise", "HOST:PORT", "How others reach the node, where that is not the address it listens on.", SettingParsers.Text, null, null);

    private static readonly Setting<string?> UnixSocket = Setting<string?>.Value(
        "--unix-socket", "PATH", "Socket for clients on the same host, which is faster than TCP; 'off': none.", SettingParsers.Text, null, "one in the runtime directory");

    private static readonly Setting<bool?> DataTls = Setting<bool?>.Value(
        "--data-tls", "auto|on|off", "Encrypt the data plane over TCP, with the certificates of --tls-dir. auto: on addresses other than loopback, where there are certificates.",
        SettingParsers.OneOf(("auto", (bool?)null), ("on", true), ("off", false)), null, "auto");

    private static readonly Setting<string> Zone = Setting<string>.Value(
        "--zone", "NAME", "Failure domain: copies of a shard avoid sharing one.", SettingParsers.Text, "", null);

    private static readonly Setting<double> Weight = Setting<double>.Value(
        "--weight", "NUMBER", "Share of the shards against other nodes of the same capacity.", SettingParsers.Positive, 1, "1");

    private static readonly Setting<long> Cache = Setting<long>.Value(
        "--metadata-cache", "SIZE", "Memory of the metadata store: its block cache, indexes and write buffers together.", SettingParsers.Size, s_engine.CacheBytes,
        ByteSize.Format((ulong)s_engine.CacheBytes));

    private static readonly Setting<TimeSpan> SyncInterval = Setting<TimeSpan>.Value(
        "--sync-interval", "TIME", "Names, attributes and small files are on stable storage after this time at the latest, fsync or not.", SettingParsers.Duration,
        TimeSpan.FromMilliseconds(100), "100ms");

    private static readonly Setting<long?> MetadataReserve = Setting<long?>.Value(
        "--metadata-reserve", "SIZE", "When less than this is free on the metadata disk, nothing is added any more (ENOSPC); removing goes on.",
        text => SettingParsers.Size(text), null, "256MiB");

    private static readonly Setting<TimeSpan> CollectInterval = Setting<TimeSpan>.Value(
        "--collect-interval", "TIME", "How often the node looks for data that no file needs, as a client leaves that dies while it writes. What it has seen twice in a row goes.",
        SettingParsers.Duration, TimeSpan.FromMinutes(5), "5m");

    private static readonly Setting<int> Threads = Setting<int>.Value(
        "--threads", "N", "Threads that receive and execute requests.", SettingParsers.Integer(1, 1024), Environment.ProcessorCount, "one for each processor");

    private static readonly Setting<int> MetricsPort = ServerSettings.MetricsPort(DefaultMetricsPort);

    public static Command Build() => new DocumentedCommand(
            "node", "Run a storage node. It serves metadata and data of the shards that the cluster map gives it.",
            "sealfs node --manager 10.0.0.5:7400 --metadata-dir /nvme/sealfs --data-dir /disk/sealfs",
            "sealfs node --listen 7420 --metrics-port off --metadata-dir /tmp/n2/m --data-dir /tmp/n2/d   # a second node on this host")
        .With(
            GlobalSettings.Manager, MetadataDirectory, DataDirectory, Listen, Name, Advertise, UnixSocket, Zone, Weight, Cache, MetadataReserve, SyncInterval, CollectInterval, Threads,
            MetricsPort, TlsSettings.Directory, DataTls, ServerSettings.Insecure)
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        PrivateFiles.RestrictMask();
        await using var host = await NodeHost.StartAsync(ReadOptions(invocation), invocation.Loggers, invocation.Stop);
        if (await Task.WhenAny(invocation.UntilStopped(), host.Refused) == host.Refused)
            throw new CommandFailure(ExitCode.Refused, await host.Refused);
        return ExitCode.Ok;
    }

    private static NodeOptions ReadOptions(Invocation invocation)
    {
        var listen = invocation.Get(Listen);
        var cacheBytes = invocation.Get(Cache);
        var options = new NodeOptions
        {
            Managers = ManagerConnection.Addresses(invocation),
            MetadataDirectory = invocation.Require(MetadataDirectory),
            DataDirectory = invocation.Require(DataDirectory),
            Name = invocation.Get(Name),
            ListenAddress = listen.Host,
            Port = listen.Port,
            Advertise = invocation.Get(Advertise),
            UnixPath = invocation.Get(UnixSocket) is { } path ? path == "off" ? "" : path : null,
            Insecure = invocation.Get(ServerSettings.Insecure),
            Credentials = TlsSettings.Open(invocation, CertificateRole.Node),
            DataTls = invocation.Get(DataTls),
            Zone = invocation.Get(Zone),
            Weight = invocation.Get(Weight),
            Engine = s_engine with { CacheBytes = cacheBytes, WriteBufferBytes = Math.Min(s_engine.WriteBufferBytes, cacheBytes / 2) },
            SyncInterval = invocation.Get(SyncInterval),
            CollectInterval = invocation.Get(CollectInterval),
            LoopThreads = invocation.Get(Threads),
            MetricsPort = invocation.Get(MetricsPort),
        };
        return invocation.Get(MetadataReserve) is { } reserve ? options with { MetadataReserveBytes = reserve } : options;
    }
}
