using System.Globalization;
using Microsoft.Extensions.Logging;
using SealFs.Cli.Settings;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Manager;
using SealFs.StorageNode.Hosting;

namespace SealFs.Cli.Up;

/// <summary>A manager and storage nodes in this process, all on loopback, with one volume. The same parts as in a cluster of many machines.</summary>
internal sealed partial class EmbeddedCluster : IAsyncDisposable
{
    private readonly ManagerHost _manager;
    private readonly UpPaths _paths;
    private readonly ILogger _logger;
    private readonly List<(int Number, NodeHost Host)> _nodes = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _watches = [];

    private EmbeddedCluster(ManagerHost manager, UpPaths paths, ILogger logger)
    {
        _manager = manager;
        _paths = paths;
        _logger = logger;
    }

    /// <summary>host:port.</summary>
    public string Manager => _manager.Address;

    public int NodeCount => _nodes.Count;

    /// <param name="paths">Where the data are or will be.</param>
    /// <param name="nodes">Numbers of the nodes, at least one. Those that the cluster does not know yet join it.</param>
    /// <param name="port">Of the manager; null: the usual one, or any free one when that is taken.</param>
    /// <param name="loggers">For all parts.</param>
    /// <param name="stop">Gives up the start.</param>
    public static async Task<EmbeddedCluster> StartAsync(UpPaths paths, IReadOnlyList<int> nodes, int? port, ILoggerFactory loggers, CancellationToken stop)
    {
        var manager = await StartManagerAsync(paths, nodes.Count, port, loggers, stop);
        var cluster = new EmbeddedCluster(manager, paths, loggers.CreateLogger<EmbeddedCluster>());
        try
        {
            foreach (var number in nodes)
                await cluster.AddNodeAsync(number, loggers, stop);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates the volume when it is not there yet, and gives an existing one the size that was asked for.</summary>
    public async Task EnsureVolumeAsync(string name, long? sizeBytes, CancellationToken stop)
    {
        using var client = new ControlClient([Manager]);
        try
        {
            await client.CreateVolumeAsync(new CreateVolumeRequest { Name = name, QuotaBytes = (ulong)(sizeBytes ?? 0) }, stop);
        }
        catch (ControlException problem) when (problem.Code == Grpc.Core.StatusCode.AlreadyExists)
        {
            if (sizeBytes is { } size)
                await client.ResizeVolumeAsync(new ResizeVolumeRequest { Name = name, QuotaBytes = (ulong)size }, stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_watches);
        foreach (var (_, host) in _nodes)
            await host.DisposeAsync();
        await _manager.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task AddNodeAsync(int number, ILoggerFactory loggers, CancellationToken stop)
    {
        try
        {
            var host = await StartNodeAsync(_paths, number, Manager, loggers, stop);
            _nodes.Add((number, host));
            _watches.Add(WatchAsync(number, host));
        }
        catch (ControlException problem) when (!problem.IsTransient)
        {
            // Taken out of the cluster by the last process, which had no time to put its data aside.
            if (await IsKnownAsync(number, stop))
                throw;
            PutAside(number, problem.Message);
        }
    }

    /// <summary>A node that is taken out of the cluster while it runs ends.</summary>
    private async Task WatchAsync(int number, NodeHost host)
    {
        await Task.WhenAny(host.Refused, Task.Delay(Timeout.Infinite, _stopping.Token));
        if (_stopping.IsCancellationRequested)
            return;
        await host.DisposeAsync();
        try
        {
            if (!await IsKnownAsync(number, _stopping.Token))
                PutAside(number, await host.Refused);
        }
        catch (Exception problem) when (problem is ControlException or OperationCanceledException)
        {
            // The next 'up' finds out.
        }
    }

    private async Task<bool> IsKnownAsync(int number, CancellationToken stop)
    {
        using var client = new ControlClient([Manager]);
        return (await client.ListNodesAsync(stop)).Any(node => node.Node.Name == NameOf(number));
    }

    private void PutAside(int number, string reason)
    {
        var removed = _paths.Removed(number);
        LogRemoved(NameOf(number), reason, removed);
        Directory.Move(_paths.Node(number), removed);
    }

    private static async Task<ManagerHost> StartManagerAsync(UpPaths paths, int nodes, int? port, ILoggerFactory loggers, CancellationToken stop)
    {
        var options = new ManagerOptions
        {
            DataDirectory = paths.Manager,
            ListenAddress = Endpoint.Loopback,
            Port = port ?? ManagerOptions.DefaultPort,
            MetricsPort = 0,
            ExpectedNodes = nodes,
        };
        try
        {
            return await ManagerHost.StartAsync(options, loggers, stop);
        }
        catch (IOException problem) when (port is null && problem.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            return await ManagerHost.StartAsync(options with { Port = 0 }, loggers, stop);
        }
    }

    private static Task<NodeHost> StartNodeAsync(UpPaths paths, int number, string manager, ILoggerFactory loggers, CancellationToken stop) =>
        NodeHost.StartAsync(
            new NodeOptions
            {
                Managers = [manager],
                Name = NameOf(number),
                MetadataDirectory = Path.Combine(paths.Node(number), "metadata"),
                DataDirectory = Path.Combine(paths.Node(number), "data"),
                Port = 0,
            },
            loggers,
            stop);

    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"node-{number}");

    [LoggerMessage(5101, LogLevel.Warning, "{Node} is not in the cluster any more ({Reason}): what it had is in {Directory}")]
    private partial void LogRemoved(string node, string reason, string directory);
}
