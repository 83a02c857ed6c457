using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Runtime;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Security;
using SealFs.Fuse;
using SealFs.Manager;
using SealFs.StorageNode.Hosting;

namespace SealFs.Client.Tests.Mounts;

/// <summary>A manager and storage nodes in this process, with a volume, below a temporary directory. Everything goes when it is disposed.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    public const string Volume = "test";

    private readonly string _directory;
    private readonly List<string> _mountPoints = [];
    private readonly ILoggerFactory _loggers;
    private readonly Func<CertificateRole, ICredentialSource>? _credentials;
    private ManagerHost? _manager;
    private readonly Dictionary<int, int> _ports = [];
    private int _mounts;

    private TestCluster(string directory, ILoggerFactory loggers, Func<CertificateRole, ICredentialSource>? credentials)
    {
        _directory = directory;
        _loggers = loggers;
        _credentials = credentials;
    }

    public List<NodeHost> Nodes { get; } = [];

    public string ManagerAddress => _manager!.Address;

    /// <param name="nodes">How many.</param>
    /// <param name="quotaBytes">Of the volume.</param>
    /// <param name="loggers">For all parts.</param>
    /// <param name="credentials">With which TLS is spoken in the cluster; null: cleartext.</param>
    public static async Task<TestCluster> StartAsync(
        int nodes = 3, ulong quotaBytes = 0, ILoggerFactory? loggers = null, Func<CertificateRole, ICredentialSource>? credentials = null)
    {
        var directory = Directory.CreateTempSubdirectory("sealfs-client-test-").FullName;
        var cluster = new TestCluster(directory, loggers ?? NullLoggerFactory.Instance, credentials);
        try
        {
            cluster._manager = await ManagerHost.StartAsync(new ManagerOptions
            {
                DataDirectory = Path.Combine(directory, "manager"),
                Port = 0,
                MetricsPort = -1,
                Shards = 64,
                ExpectedNodes = nodes,
                Credentials = credentials?.Invoke(CertificateRole.Manager),
            }, cluster._loggers);
            for (var i = 0; i < nodes; i++)
                cluster.Nodes.Add(await NodeHost.StartAsync(cluster.NodeOptionsFor(i), cluster._loggers));
            using var client = new ControlClient([cluster.ManagerAddress], credentials: credentials?.Invoke(CertificateRole.Admin));
            await client.CreateVolumeAsync(new CreateVolumeRequest { Name = Volume, QuotaBytes = quotaBytes });
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Mounts the volume on a new directory.</summary>
    public Task<InProcessMount> MountAsync(Func<MountOptions, MountOptions>? change = null)
    {
        var options = OptionsForMount();
        return InProcessMount.StartAsync(change?.Invoke(options) ?? options, _loggers);
    }

    public MountOptions OptionsForMount()
    {
        var mountPoint = Path.Combine(_directory, $"mount{++_mounts}");
        Directory.CreateDirectory(mountPoint);
        _mountPoints.Add(mountPoint);
        return new MountOptions { Volume = Volume, Directory = mountPoint, Managers = [ManagerAddress], WriteBufferBytes = 16 << 20 };
    }

    /// <summary>Stops a node and starts it again on the same directories and port.</summary>
    public async Task RestartNodeAsync(int index)
    {
        await StopNodeAsync(index);
        await StartNodeAsync(index);
    }

    public async Task StopNodeAsync(int index)
    {
        _ports[index] = Nodes[index].Address.Port;
        await Nodes[index].DisposeAsync();
    }

    /// <summary>Starts a node that was stopped.</summary>
    public async Task StartNodeAsync(int index) => Nodes[index] = await NodeHost.StartAsync(NodeOptionsFor(index) with { Port = _ports[index] }, _loggers);

    public async ValueTask DisposeAsync()
    {
        _mountPoints.ForEach(UnmountIfMounted);
        foreach (var node in Nodes)
            await node.DisposeAsync();
        if (_manager is not null)
            await _manager.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private NodeOptions NodeOptionsFor(int index) => new()
    {
        Managers = [ManagerAddress],
        Credentials = _credentials?.Invoke(CertificateRole.Node),
        Name = $"node{index}",
        MetadataDirectory = Path.Combine(_directory, $"node{index}", "metadata"),
        DataDirectory = Path.Combine(_directory, $"node{index}", "data"),
        UnixPath = Path.Combine(_directory, $"node{index}.sock"),
        Port = 0,
        LoopThreads = 1,
        MetadataReserveBytes = 0,
    };

    /// <summary>A test that failed in the middle may have left its mount.</summary>
    private static void UnmountIfMounted(string path)
    {
        try
        {
            FuseMount.Unmount(path, lazy: true);
        }
        catch (FuseException)
        {
            // It was unmounted in good order.
        }
    }
}
