using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core.Control;
using SealFs.Core.Rpc;
using SealFs.Core.Security;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine.RocksDb;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// A running storage node: the engine, the operations, the data plane, and the lease with the manager. It reads no configuration and handles no signals by
/// itself, so that it can be one of many things in a process.
/// </summary>
public sealed partial class NodeHost : IAsyncDisposable
{
    private static readonly TimeSpan s_drainTime = TimeSpan.FromSeconds(10);

    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly NodeOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private RpcServer? _server;
    private NodeParts? _node;
    private int _stopped;

    private NodeHost(NodeOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _loggers = loggers;
        _logger = loggers.CreateLogger<NodeHost>();
    }

    /// <summary>How the node is reached.</summary>
    public NodeAddress Address { get; private set; } = null!;

    public NodeIdentity Identity => Node.Identity;

    /// <summary>What the operations share.</summary>
    public NodeContext Node => _node!.Node;

    /// <summary>URL of the metrics port, or null when there is none.</summary>
    public string? MetricsUrl { get; private set; }

    /// <summary>Completes with the reason when the cluster refuses this node: another process runs with its identity. Dispose the host then.</summary>
    public Task<string> Refused => _node!.Agent!.Refused;

    /// <summary>Opens the directories, listens, and registers, which waits for the manager as long as it takes.</summary>
    /// <exception cref="ArgumentException">The options make no sense.</exception>
    /// <exception cref="IOException">A directory is in use or a port is taken.</exception>
    /// <exception cref="InvalidDataException">A directory is of another format, node or cluster.</exception>
    /// <exception cref="UnauthorizedAccessException">Other users can enter a directory (<see cref="PrivateFiles"/>).</exception>
    /// <exception cref="Engine.MetadataEngineException">The metadata store cannot be opened.</exception>
    /// <exception cref="ControlException">The cluster refuses this node.</exception>
    public static async Task<NodeHost> StartAsync(NodeOptions options, ILoggerFactory? loggers = null, CancellationToken cancellation = default)
    {
        options.Validate();
        NativeHeap.Limit();
        var host = new NodeHost(options, loggers ?? NullLoggerFactory.Instance);
        try
        {
            await host.StartAsync(cancellation);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Accepts nothing more, finishes what it has, syncs, and closes everything. The next start goes on where this one ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
            return;
        if (_server is not null)
            await _server.StopAsync(s_drainTime);
        while (_parts.TryPop(out var part))
            await part.DisposeAsync();
        LogStopped(Address?.Advertised ?? "");
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        PrivateFiles.PrepareDirectory(_options.DataDirectory);
        var directory = Own(MetadataDirectory.Open(_options.MetadataDirectory, _options.DataDirectory));
        if (directory.MayHaveLost)
            LogMayHaveLost();
        _parts.Push(new RunEnd(directory, _loggers.CreateLogger<RunEnd>()));
        var engine = Own(StartReserve.OpenStore(directory, _options.Engine));
        var control = Own(new ControlClient(_options.Managers, credentials: _options.Credentials));
        var lanes = Enumerable.Range(0, _options.LoopThreads).Select(index => Own(new RpcReceiverGroup(index))).ToArray();
        var execution = new NodeExecution { Lanes = lanes };
        _node = new NodeParts(_options, directory, engine, new FileChunkStore(_options.DataDirectory) { SetsAside = directory.MayHaveLost }, _loggers, execution);
        _parts.Push(_node);

        _server = StartServer(lanes);
        var telemetry = await NodeTelemetry.StartAsync(_options, () => Node.Failure, _loggers, cancellation);
        if (telemetry is not null)
            _parts.Push(telemetry);
        MetricsUrl = telemetry?.Url;

        await _node.JoinAsync(control, Address, NodeDisks.Of(_options), cancellation);
        LogServing(Node.Identity.Node, Address.Advertised, Address.UnixPath);
    }

    private RpcServer StartServer(IReadOnlyList<RpcReceiverGroup> lanes)
    {
        var unixPath = _options.UnixPath ?? RuntimeDirectory.SocketPath(Node.Identity.Uuid);
        var server = new RpcServer(new RpcServerOptions
        {
            Listen = [new IPEndPoint(IPAddress.Parse(_options.ListenAddress), _options.Port)],
            UnixPath = unixPath.Length > 0 ? unixPath : null,
            Handler = _node!.Handler,
            LoopThreads = _options.LoopThreads,
            Lanes = lanes,
            Insecure = _options.Insecure || _options.Credentials is not null,
            Credentials = _options.EncryptsData ? _options.Credentials : null,
            Logger = _loggers.CreateLogger<RpcServer>(),
            Time = _options.Time,
        });
        server.Start();
        var port = ((IPEndPoint)server.Addresses[0]).Port;
        var advertised = _options.Advertise ?? Advertised(port);
        Address = new NodeAddress(_options.EncryptsData ? RpcEndpoint.Secured(advertised) : advertised, port, unixPath);
        if (!_options.EncryptsData && !IPAddress.IsLoopback(IPAddress.Parse(_options.ListenAddress)))
            LogCleartext(Address.Advertised);
        return server;
    }

    /// <summary>An address that means "all of them" is of no use to others; the host's name is.</summary>
    private string Advertised(int port)
    {
        var listen = IPAddress.Parse(_options.ListenAddress);
        var isAny = listen.Equals(IPAddress.Any) || listen.Equals(IPAddress.IPv6Any);
        return isAny ? string.Create(CultureInfo.InvariantCulture, $"{Dns.GetHostName()}:{port}") : new IPEndPoint(listen, port).ToString();
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _parts.Push(new OwnedPart(part));
        return part;
    }

    [LoggerMessage(1310, LogLevel.Information, "Node {Node} serves at {Address} and {UnixPath}")]
    private partial void LogServing(Core.NodeId node, string address, string unixPath);

    [LoggerMessage(1312, LogLevel.Warning, "The data plane at {Address} is not encrypted: whoever listens between clients and nodes reads files")]
    private partial void LogCleartext(string address);

    [LoggerMessage(1311, LogLevel.Information, "The node at {Address} has stopped")]
    private partial void LogStopped(string address);

    [LoggerMessage(
        1316, LogLevel.Warning,
        "The last run of this node did not end in order, and its machine was restarted or a disk failed: changes that were acknowledged and not synced may be lost. Clients are told by new write verifiers")]
    private partial void LogMayHaveLost();
}
