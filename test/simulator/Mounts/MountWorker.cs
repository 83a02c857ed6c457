using Microsoft.Extensions.Logging;
using SealFs.Client;
using SealFs.Client.Buffering;
using SealFs.Client.FileSystem;
using SealFs.Client.Routing;
using SealFs.Core.Control;
using SealFs.Core.Rpc;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.Network;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Mounts;

/// <summary>
/// One life of a worker: what <c>ClientRuntime</c> puts together, with a device and clocks of the simulation. Made within its process.
/// </summary>
internal sealed class MountWorker
{
    private const int OperationTimeoutMs = 600_000;
    private const int BufferBytes = 1 << 20;

    private readonly SimulatedProcess _process;
    private readonly SharedArena _arena;
    private readonly WriteBack _writeBack;
    private readonly CloseBatcher _closes;
    private readonly SealFileSystem _fileSystem;
    private readonly ulong _lastStamp;
    private readonly bool _isSuccessor;

    public MountWorker(SimulatedCluster cluster, SimulatedProcess process, ClientSession session, ushort generation, SharedArena arena, RpcConnector connect, Func<ulong, int, byte[], int> replied)
    {
        _process = process;
        _arena = arena;
        var loggers = cluster.LoggersOf(process);
        var execution = new ClientExecution { Time = process.Clock, Tasks = process.Tasks, Random = process.Random, Connect = connect };
        Router = new ClusterRouter(session, generation, OperationTimeoutMs, 0, loggers.CreateLogger<ClusterRouter>(), execution);
        _isSuccessor = generation > 1;
        _lastStamp = arena.LastStamp;
        Files = new FileTable(arena);
        _writeBack = new WriteBack(Router, arena, Files, session.Volume.ChunkSizeBytes, loggers.CreateLogger<WriteBack>());
        _closes = new CloseBatcher(Router, Files.Opened);
        Files.Closed = _closes.Add;
        Router.NodeRestarted += node => _ = _closes.ReassertAsync(node);
        Router.MapChanged += _closes.OnMapChanged;
        var isFenced = _isSuccessor && arena.Session != default && arena.Session != session.Id;
        Router.HasLostSession = isFenced;
        _writeBack.Recover(isFenced);
        arena.Session = session.Id;
        var options = new MountOptions
        {
            Volume = SimulatedCluster.Volume,
            Directory = "/mnt",
            Managers = [SimulatedManager.Address],
            Cache = CacheMode.Never,
            WriteBufferBytes = BufferBytes,
            ReadBufferBytes = BufferBytes,
        };
        _fileSystem = new SealFileSystem(Router, options, session, arena, Files, _writeBack, loggers.CreateLogger<SealFileSystem>());
        Device = new SimulatedDevice(_fileSystem, replied, what => cluster.World.Fail($"{process.Name}: {what}"));
        var control = new ControlClient([new SimulatedInvoker(cluster.Network, process, SimulatedManager.Address)], process.Clock);
        var watcher = new MapWatcher(control, session.Map, clock: process.Clock, tasks: process.Tasks, random: process.Random);
        watcher.Changed += Router.Update;
        watcher.Start();
        if (isFenced)
            _ = ReassertAllAsync();
        _ = TickAsync();
    }

    public ClusterRouter Router { get; }

    public FileTable Files { get; }

    public SimulatedDevice Device { get; }

    /// <summary>Nothing that was open is open at the nodes under a session that is new to them.</summary>
    private async Task ReassertAllAsync()
    {
        foreach (var node in Router.Map.Nodes.ToList())
            await _closes.ReassertAsync(node.Id);
    }

    private async Task TickAsync()
    {
        for (var tick = 1; ; tick++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.CloseDelayMs), _process.Clock);
            _writeBack.SendAged();
            _writeBack.ReleaseInterrupted();
            _ = _writeBack.SettleOldAsync();
            _fileSystem.Trim();
            if (_isSuccessor && tick == Limits.ReconcileDelayMs / Limits.CloseDelayMs)
                _ = _closes.ReconcileAsync(_lastStamp);
            await _closes.SendAsync();
        }
    }

    public void Dispose()
    {
        _ = Router.DisposeAsync().AsTask();
        Device.Dispose();
    }
}
