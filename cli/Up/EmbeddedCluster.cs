using System.Globalization;
using Microsoft.Extensions.Logging;
using SealFs.Cli.Settings;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Manager;
using SealFs.StorageNode.Hosting;

namespace SealFs.Cli.Up;

/// <summary>A manager and storage nodes in this process, all on loopback, with one volume. The same parts as in a cluster of many machines.</summary>
internal sealed class EmbeddedCluster : IAsyncDisposable
{
    private readonly ManagerHost _manager;
    private readonly List<NodeHost> _nodes = [];

    private EmbeddedCluster(ManagerHost manager) => _manager = manager;

    /// <summary>host:port.</summary>
    public string Manager => _manager.Address;

    /// <param name="paths">Where the data are or will be.</param>
    /// <param name="nodes">1 or more.</param>
    /// <param name="port">Of the manager; null: the usual one, or any free one when that is taken.</param>
    /// <param name="loggers">For all parts.</param>
    /// <param name="stop">Gives up the start.</param>
    public static async Task<EmbeddedCluster> StartAsync(UpPaths paths, int nodes, int? port, ILoggerFactory loggers, CancellationToken stop)
    {
        var cluster = new EmbeddedCluster(await StartManagerAsync(paths, nodes, port, loggers, stop));
        try
        {
            for (var number = 1; number <= nodes; number++)
                cluster._nodes.Add(await StartNodeAsync(paths, number, cluster.Manager, loggers, stop));
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
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await _manager.DisposeAsync();
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
                Name = string.Create(CultureInfo.InvariantCulture, $"node-{number}"),
                MetadataDirectory = Path.Combine(paths.Node(number), "metadata"),
                DataDirectory = Path.Combine(paths.Node(number), "data"),
                Port = 0,
            },
            loggers,
            stop);
}
