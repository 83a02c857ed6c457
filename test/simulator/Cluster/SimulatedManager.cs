using Microsoft.Extensions.Logging;
using SealFs.Manager;
using SealFs.Simulator.Network;
using SealFs.Simulator.Storage;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Cluster;

/// <summary>The machine of the manager.</summary>
internal sealed class SimulatedManager(SimulatedCluster cluster)
{
    public const string Name = "manager";
    public const string Address = "manager:7400";

    private readonly Dictionary<string, byte[]> _records = [];

    public SimulatedProcess? Process { get; private set; }

    public ControlPlane? Plane { get; private set; }

    public bool IsUp => Process is { IsAlive: true };

    public void Start()
    {
        if (IsUp)
            return;
        cluster.World.Note($"{Name} starts");
        var process = Process = new SimulatedProcess(cluster.World, Name, cluster.NextProcess());
        cluster.World.Schedule(TimeSpan.Zero, process, () => _ = RunAsync(process));
    }

    public void Crash()
    {
        if (!IsUp)
            return;
        cluster.World.Note($"{Name} dies");
        Process!.Kill();
    }

    private async Task RunAsync(SimulatedProcess process)
    {
        var options = new ManagerOptions
        {
            DataDirectory = "/manager",
            Shards = cluster.Options.Shards,
            ExpectedNodes = cluster.Options.Nodes,
            SessionLease = TimeSpan.FromSeconds(10),
            NodeLease = TimeSpan.FromSeconds(4),
            GrowthDelay = TimeSpan.FromMilliseconds(300),
            MovePatience = TimeSpan.FromSeconds(5),
            Clock = process.Clock,
            Tasks = process.Tasks,
            FillRandom = bytes => process.Random.NextBytes(bytes),
        };
        try
        {
            var store = new SimulatedManagerStore(_records, process);
            Plane = await ControlPlane.StartAsync(options, store, cluster.LoggersOf(process).CreateLogger<ControlPlane>(), CancellationToken.None);
            cluster.Network.Listen(Address, new SimulatedManagerServer(process, Plane));
        }
        catch (Exception failure) when (failure is InvalidDataException or ArgumentException)
        {
            cluster.World.Fail($"the manager does not start: {failure}");
        }
    }
}
