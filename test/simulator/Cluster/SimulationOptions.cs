using SealFs.Simulator.Mounts;
using SealFs.StorageNode.Replication;

namespace SealFs.Simulator.Cluster;

/// <summary>How large a run is and what may go wrong in it; drawn from the seed where the caller says nothing else.</summary>
internal sealed record SimulationOptions
{
    public int Nodes { get; init; } = 3;

    /// <summary>Nodes that join later.</summary>
    public int LateNodes { get; init; }

    public int Clients { get; init; } = 2;

    /// <summary>Operations under way at the same time in one client.</summary>
    public int ThreadsPerClient { get; init; } = 2;

    public int OperationsPerThread { get; init; } = 60;

    public uint Shards { get; init; } = 12;

    /// <summary>Entries beyond which a partition splits: low, so that directories split all the time.</summary>
    public ulong SplitThreshold { get; init; } = 6;

    /// <summary>Time between two faults; none when zero.</summary>
    public TimeSpan FaultEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The volume asks for durability sync, and machines may lose power. Otherwise only processes die.</summary>
    public bool LosesPower { get; init; }

    /// <summary>
    /// Machines may lose power, and the volume asks for nothing: what was not synced may be lost, but no half of a change. Clients work with names alone then, and sync some of them.
    /// </summary>
    public bool LosesUnsynced { get; init; }

    /// <summary>
    /// Clients are mounts that write to files, through the real write-behind, where machines lose power and the volume asks for nothing. What they synced is judged, and what they were told of failures.
    /// </summary>
    public bool WritesBehind { get; init; }

    /// <summary>What was sent on a connection that broke may still be read by its server.</summary>
    public bool HasLeftovers { get; init; } = true;

    /// <summary>Time between two wishes of whoever moves shards about; none when zero.</summary>
    public TimeSpan MoveEvery { get; init; }

    /// <summary>Mistakes that all nodes make: what a test of the simulator itself puts in.</summary>
    public PlantedBugs PlantedBugs { get; init; }

    /// <summary>Mistakes around the product: what a test of the simulator itself puts in.</summary>
    public Mistakes Mistakes { get; init; }

    /// <summary>The metadata disks take every sync for done: what a test of the simulator itself puts in.</summary>
    public bool SyncsNothing { get; init; }

    /// <summary>What the seed does not draw, as on the command line.</summary>
    public string Arguments =>
        (LosesUnsynced ? " --lost-names" : "") + (WritesBehind ? " --write-behind" : "") + (HasLeftovers ? "" : " --no-leftovers") + (SyncsNothing ? " --syncs-nothing" : "") + (PlantedBugs != PlantedBugs.None ? $" --planted {PlantedBugs}" : "")
        + (Mistakes != Mistakes.None ? $" --mistake {Mistakes}" : "");

    public static SimulationOptions For(int seed) => seed % 5 == 2 ? ForLostNames(seed) : new()
    {
        Nodes = 1 + (seed % 4),
        LateNodes = seed % 4 == 0 ? 1 + (seed % 3) : seed % 3,
        LosesPower = seed % 3 == 0,
        FaultEvery = seed % 7 == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(300 + (seed % 5 * 300)),
        MoveEvery = seed % 6 == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(50 + (seed % 11 * 40)),
    };

    /// <summary>A run of mounts that write to files. Shards stay where they are, as in <see cref="ForLostNames"/>.</summary>
    public static SimulationOptions ForWriteBehind(int seed) => new()
    {
        Nodes = 1 + (seed % 3),
        Clients = 1 + (seed % 4 + 1) / 2,
        ThreadsPerClient = 1 + (seed / 2 % 2),
        OperationsPerThread = 80,
        WritesBehind = true,
        FaultEvery = seed % 9 == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(200 + (seed % 5 * 250)),
    };

    /// <summary>A run in which names that were not synced may be lost. Shards stay where they are: a move in such a cluster would have to survive the loss of what it has copied.</summary>
    public static SimulationOptions ForLostNames(int seed) => new()
    {
        Nodes = 2 + (seed % 3),
        LosesUnsynced = true,
        FaultEvery = TimeSpan.FromMilliseconds(200 + (seed % 4 * 200)),
    };
}
