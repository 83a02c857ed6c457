using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Simulator.Mounts;
using SealFs.Simulator.Network;
using SealFs.Simulator.Storage;
using SealFs.Simulator.World;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Shards;

namespace SealFs.Simulator.Cluster;

/// <summary>A machine with a storage node: its disks stay, and one process after the other runs on it.</summary>
internal sealed class SimulatedNode
{
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedNodeDirectory _directory;
    private readonly EngineDisk _metadata;
    private SimulatedDisk? _disk;
    private CrashPoint? _crash;

    public SimulatedNode(SimulatedCluster cluster, int number)
    {
        _cluster = cluster;
        Number = number;
        var uuid = new byte[16];
        cluster.World.Random.NextBytes(uuid);
        _directory = new SimulatedNodeDirectory(new NodeIdentity { Uuid = new Guid(uuid) });
        _metadata = new EngineDisk(cluster.World) { IsLying = cluster.Options.SyncsNothing };
        Data = new ChunkDisk(cluster.World);
    }

    public int Number { get; }

    public string Name => $"node-{Number}";

    public ChunkDisk Data { get; }

    public SimulatedProcess? Process { get; private set; }

    /// <summary>The process that runs now, or the last one.</summary>
    public NodeParts? Parts { get; private set; }

    public bool IsUp => Process is { IsAlive: true };

    /// <summary>It was started at least once.</summary>
    public bool HasJoined { get; private set; }

    private string Address => $"{Name}:7410";

    public double DiskSlowness
    {
        set
        {
            if (_disk is not null)
                _disk.Slowness = value;
        }
    }

    /// <summary>Every shard of which there is something on its disks.</summary>
    public IEnumerable<ShardId> ShardsOnDisk() => _metadata.Shards().Concat(Data.Shards()).Distinct().OrderBy(static shard => shard.Value);

    /// <summary>What there is of a shard, for people.</summary>
    public IEnumerable<string> LeftOf(ShardId shard) =>
        _metadata[Table.Metadata].Keys.Where(key => MetadataKey.ShardOf(key) == shard).Select(static key => Convert.ToHexString(key)).Concat(Data.Keys(shard).Select(static key => key.ToString()));

    /// <summary>Starts for the first time.</summary>
    public void Join()
    {
        if (HasJoined)
            return;
        HasJoined = true;
        Start();
    }

    /// <summary>Starts again; no effect before it has joined.</summary>
    public void Start()
    {
        if (IsUp || !HasJoined)
            return;
        var world = _cluster.World;
        world.Note($"{Name} starts");
        var process = Process = new SimulatedProcess(world, Name, _cluster.NextProcess());
        _disk = new SimulatedDisk(process);
        _crash = new CrashPoint(process, Crash);
        _directory.Identity.Incarnation++;
        world.Schedule(TimeSpan.Zero, process, () => Run(process));
    }

    /// <summary>kill -9: what was handed to the operating system is there afterwards.</summary>
    public void Crash()
    {
        if (!IsUp)
            return;
        _cluster.World.Note($"{Name} dies");
        Process!.Kill();
    }

    /// <summary>The process dies in the middle of something, at one of its next disk operations.</summary>
    public void CrashSoon() => _crash?.Arm(1 + _cluster.World.Random.Next(40));

    /// <summary>It lives after all.</summary>
    public void SpareIt() => _crash?.Arm(0);

    public void LosePower()
    {
        if (!HasJoined)
            return;
        Crash();
        _cluster.Lost();
        var lost = _metadata.LosePower();
        Data.LosePower();
        _directory.NoteLoss();
        _cluster.World.Note($"{Name} lost power and {lost} batches");
    }

    /// <summary>As a metadata directory does it whose last run has not ended cleanly: what the kernel has is on the disks before the node serves.</summary>
    private void BringToDisk()
    {
        if ((_cluster.Options.Mistakes & Mistakes.ForgetUnsynced) != 0)
            return;
        _metadata.Sync();
        Data.SyncAll();
    }

    private void Run(SimulatedProcess process)
    {
        var options = new NodeOptions
        {
            Managers = [SimulatedManager.Address],
            MetadataDirectory = "/metadata",
            DataDirectory = "/data",
            Name = Name,
            Time = process.Clock,
            SplitThreshold = _cluster.Options.SplitThreshold,
            CollectInterval = TimeSpan.FromSeconds(2),
        };
        var execution = new NodeExecution
        {
            Tasks = process.Tasks,
            DiskTasks = _disk!.Tasks,
            Random = process.Random,
            Connect = SimulatedChannel.For(_cluster.Network, process),
        };
        BringToDisk();
        var engine = new SimulatedEngine(_metadata, process, _crash!);
        var chunks = new SimulatedChunkStore(Data, process, _crash!) { Failed = _cluster.Lost, Filled = _cluster.Filled, ForgetsFailures = (_cluster.Options.Mistakes & Mistakes.ForgetFailedSync) != 0 };
        Parts = new NodeParts(options, _directory, engine, chunks, _cluster.LoggersOf(process), execution);
        Parts.Node.PlantedBugs = _cluster.Options.PlantedBugs;
        Parts.Node.Reached = step => _cluster.Steps.Reached(this, step);
        _cluster.Network.Listen(Address, new SimulatedNodeServer(_cluster.Network, process, Parts));
        var control = new ControlClient([new SimulatedInvoker(_cluster.Network, process, SimulatedManager.Address)], process.Clock);
        var space = new DiskSpace(Data.TotalBytes, Data.TotalBytes / 2);
        _ = JoinAsync();

        async Task JoinAsync()
        {
            try
            {
                await Parts.JoinAsync(control, new NodeAddress(Address, 7410, ""), new NodeDisks(() => space, () => space), CancellationToken.None);
                await Parts.Agent!.Refused;
                _cluster.World.Fail($"{Name} was refused by the cluster: {Parts.Agent.Refused.Result}");
            }
            catch (ControlException failure)
            {
                _cluster.World.Fail($"{Name} was refused by the cluster: {failure.Message}");
            }
        }
    }
}
