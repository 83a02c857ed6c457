using SealFs.Simulator.Cluster;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Workload;

/// <summary>The clients that work. One that dies leaves its session, what it has open and what it was in the middle of; another one comes in its place.</summary>
internal sealed class Workers(SimulatedWorld world, SimulatedCluster cluster, Func<SimulatedClient, Task> work)
{
    /// <summary>How long it takes until somebody has noticed.</summary>
    private static readonly TimeSpan s_longestAbsence = TimeSpan.FromSeconds(2);

    private readonly SimulatedProcess _fate = new(world, "workers", cluster.NextProcess());
    private readonly List<SimulatedClient> _working = [];
    private int _coming;

    public bool AreDone => _working.Count == 0 && _coming == 0;

    public void Start()
    {
        for (var number = 0; number < cluster.Options.Clients; number++)
            Start(cluster.NewClient());
    }

    public void CrashOne()
    {
        if (_working.Count == 0)
            return;
        var client = _working[world.Random.Next(_working.Count)];
        client.Crash();
        _working.Remove(client);
        _coming++;
        world.Schedule(world.Between(TimeSpan.Zero, s_longestAbsence), _fate, () =>
        {
            _coming--;
            Start(cluster.NewClient());
        });
    }

    /// <summary>kill -9 of the worker of a mount.</summary>
    public void KillOne()
    {
        if (_working.Count > 0)
            _working[world.Random.Next(_working.Count)].Mount?.KillWorker();
    }

    /// <summary>An administrator ends the session of a mount.</summary>
    public void EndOneSession()
    {
        if (_working.Count > 0 && _working[world.Random.Next(_working.Count)] is { Mount: { } mount } client)
            client.Run(mount.EndSessionAsync);
    }

    private void Start(SimulatedClient client)
    {
        _working.Add(client);
        client.Run(async () =>
        {
            await work(client);
            _working.Remove(client);
        });
    }
}
