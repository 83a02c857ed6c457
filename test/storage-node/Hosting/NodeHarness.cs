using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Manager;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>A manager and one storage node with a volume, in this process, over real sockets.</summary>
public sealed class NodeHarness : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private ManagerHost _manager = null!;
    private TimeSpan _syncInterval;
    private uint _shards;
    private string _nodeDirectory = "";

    private NodeHarness()
    {
    }

    public NodeHost Host { get; private set; } = null!;

    public ControlClient Control { get; private set; } = null!;

    public VolumeInfo Volume { get; private set; } = null!;

    public InodeId Root => new(Volume.RootInode);

    public string MetadataDirectory => Path.Combine(_nodeDirectory, "metadata");

    public string DataDirectory => Path.Combine(_nodeDirectory, "data");

    public string ManagerAddress => _manager.Address;

    public static async Task<NodeHarness> StartAsync(uint shards = 8, VolumeDurability durability = VolumeDurability.Default, ulong quotaInodes = 0, TimeSpan? syncInterval = null,
        string? nodeDirectory = null)
    {
        var harness = new NodeHarness { _syncInterval = syncInterval ?? TimeSpan.FromMilliseconds(100) };
        harness._shards = shards;
        harness._nodeDirectory = nodeDirectory ?? harness._directory.Directory;
        await harness.StartManagerAsync(0);
        harness.Control = new ControlClient([harness._manager.Address]);
        await harness.StartNodeAsync();
        var request = new CreateVolumeRequest { Name = "test", Durability = durability, QuotaInodes = quotaInodes };
        harness.Volume = await harness.Control.CreateVolumeAsync(request);
        await harness.WaitForVolumeAsync();
        return harness;
    }

    /// <summary>Starts the manager, on a port of its choice (0) or on the one it had.</summary>
    public async Task StartManagerAsync(int port) => _manager = await ManagerHost.StartAsync(new ManagerOptions
    {
        DataDirectory = _directory.In("manager"),
        Port = port,
        MetricsPort = -1,
        Shards = _shards,
        HeartbeatInterval = TimeSpan.FromMilliseconds(50),
        NodeLease = TimeSpan.FromSeconds(5),
    });

    public async Task StopManagerAsync() => await _manager.DisposeAsync();

    public TimeSpan ReassertTime { get; set; } = NodeLimits.ReassertTime;

    public NodeOptions Options() => new()
    {
        Managers = [_manager.Address],
        MetadataDirectory = MetadataDirectory,
        DataDirectory = DataDirectory,
        UnixPath = _directory.In("node.sock"),
        Port = 0,
        MetricsPort = 0,
        LoopThreads = 2,
        SyncInterval = _syncInterval,
        ReassertTime = ReassertTime,
        NameLeaseTime = TimeSpan.Zero,
    };

    public async Task StartNodeAsync() => Host = await NodeHost.StartAsync(Options());

    public async Task RestartNodeAsync(Action? between = null)
    {
        await Host.DisposeAsync();
        between?.Invoke();
        await StartNodeAsync();
        await WaitForVolumeAsync();
    }

    /// <summary>The node has heard of the volume.</summary>
    public async Task WaitForVolumeAsync() => await Eventually.TrueAsync(() => Host.Node.Volume(new VolumeId(Volume.Id)) is not null);

    public async Task<NodeClient> ConnectAsync(bool readOnly = false, ushort generation = 1)
    {
        var session = await Control.OpenSessionAsync(new OpenSessionRequest { Volume = Volume.Name, ReadOnly = readOnly, ClientName = "test" });
        return new NodeClient(this, session, generation);
    }

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        await Host.DisposeAsync();
        await _manager.DisposeAsync();
        _directory.Dispose();
    }
}
