using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core.Control.V1;
using SealFs.Simulator.Faults;
using SealFs.Simulator.Network;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Cluster;

/// <summary>A manager, storage nodes and clients of the real code in one thread: see docs/testing.md.</summary>
internal sealed class SimulatedCluster
{
    public const string Volume = "volume";

    private readonly Dictionary<SimulatedProcess, ILoggerFactory> _loggers = [];
    private int _processes;

    public SimulatedCluster(SimulationOptions options, SimulatedWorld world)
    {
        Options = options;
        World = world;
        Network = new SimulatedNetwork(world);
        Manager = new SimulatedManager(this);
        Steps = new StepFaults(world);
        Nodes = [.. Enumerable.Range(1, options.Nodes + options.LateNodes).Select(number => new SimulatedNode(this, number))];
    }

    public SimulationOptions Options { get; }

    public SimulatedWorld World { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedManager Manager { get; }

    /// <summary>All, also those that have not joined yet.</summary>
    public IReadOnlyList<SimulatedNode> Nodes { get; }

    /// <summary>Told of the steps of moves.</summary>
    public StepFaults Steps { get; }

    public List<SimulatedClient> Clients { get; } = [];

    /// <summary>A machine has lost power, or what else loses what was not synced.</summary>
    public Action Lost { get; set; } = static () => { };

    /// <summary>A data disk is full.</summary>
    public Action Filled { get; set; } = static () => { };

    public int NextProcess() => ++_processes;

    public ILoggerFactory LoggersOf(SimulatedProcess process)
    {
        if (World.Trace is null)
            return NullLoggerFactory.Instance;
        if (!_loggers.TryGetValue(process, out var loggers))
            _loggers.Add(process, loggers = new TraceLoggerFactory(process));
        return loggers;
    }

    public SimulatedClient NewClient()
    {
        var client = new SimulatedClient(this, $"client-{Clients.Count + 1}");
        Clients.Add(client);
        return client;
    }

    public void StartAll()
    {
        Manager.Start();
        foreach (var node in Nodes.Take(Options.Nodes))
            node.Join();
    }

    /// <summary>Makes the volume, as an administrator does.</summary>
    public Task CreateVolumeAsync(SimulatedClient admin) => admin.UntilHeardAsync(() => admin.Control.CreateVolumeAsync(new CreateVolumeRequest
    {
        Name = Volume,
        ChunkSizeBytes = 128 * 1024,
        InlineLimitBytes = 4096,
        Durability = Options.LosesPower ? VolumeDurability.Sync : VolumeDurability.Default,
    }));

    /// <summary>Nothing of this cluster runs any more.</summary>
    public void End()
    {
        foreach (var client in Clients)
            client.Crash();
        foreach (var node in Nodes)
            node.Crash();
        Manager.Crash();
        World.End();
        foreach (var client in Clients)
        {
            _ = client.Router?.DisposeAsync().AsTask();
            client.Mount?.Dispose();
        }
    }
}
