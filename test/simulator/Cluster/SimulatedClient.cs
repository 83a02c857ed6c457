using Microsoft.Extensions.Logging;
using SealFs.Client.Routing;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Simulator.Mounts;
using SealFs.Simulator.Network;
using SealFs.Simulator.Workload;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Cluster;

/// <summary>A client: its session, its map and the router with its retries. A client that died is replaced by another one with a session of its own.</summary>
internal sealed class SimulatedClient(SimulatedCluster cluster, string name)
{
    /// <summary>Longer than any run: what a client asked for is answered, unless the client dies.</summary>
    private const int OperationTimeoutMs = 600_000;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    public string Name => name;

    public SimulatedProcess Process { get; } = new(cluster.World, name, cluster.NextProcess());

    public ClusterRouter? Router { get; private set; }

    public ClientSession? Session { get; private set; }

    /// <summary>Known when the session is.</summary>
    public OpenFiles OpenFiles { get; private set; } = null!;

    /// <summary>Its mount, where it has one: see <see cref="MountAsync"/>.</summary>
    public SimulatedMount? Mount { get; private set; }

    public ControlClient Control => field ??= new ControlClient([new SimulatedInvoker(cluster.Network, Process, SimulatedManager.Address)], Process.Clock);

    public ClientExecution Execution => field ??= new ClientExecution
    {
        Time = Process.Clock,
        Tasks = Process.Tasks,
        Random = Process.Random,
        Connect = SimulatedChannel.For(cluster.Network, Process),
    };

    /// <summary>Runs work of this client's process.</summary>
    public void Run(Func<Task> work) => cluster.World.Schedule(TimeSpan.Zero, Process, () => _ = GuardAsync(work));

    /// <summary>Opens a session, as soon as there is a manager, and follows map and token from then on.</summary>
    public async Task OpenAsync()
    {
        var request = new OpenSessionRequest { Volume = SimulatedCluster.Volume, ClientName = name, Host = name };
        var loop = await UntilHeardAsync(() => ClientSessionLoop.OpenAsync(Control, request, Process.Clock, null, Process.Tasks, Process.Random));
        Session = loop.Current;
        var loggers = cluster.LoggersOf(Process);
        var router = Router = new ClusterRouter(loop.Current, 1, OperationTimeoutMs, 0, loggers.CreateLogger<ClusterRouter>(), Execution);
        var watcher = new MapWatcher(Control, loop.Current.Map, clock: Process.Clock, tasks: Process.Tasks, random: Process.Random);
        loop.Renewed += router.Update;
        watcher.Changed += router.Update;
        watcher.Start();
        OpenFiles = new OpenFiles(this);
    }

    /// <summary>Mounts the volume instead of talking to the nodes by itself.</summary>
    public async Task<SimulatedMount> MountAsync()
    {
        Mount = new SimulatedMount(cluster, this);
        await Mount.OpenAsync();
        return Mount;
    }

    public async Task<T> UntilHeardAsync<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (ControlException failure) when (failure.IsTransient)
            {
                await Task.Delay(s_pause, Process.Clock);
            }
        }
    }

    public void Crash()
    {
        if (!Process.IsAlive)
            return;
        cluster.World.Note($"{name} dies");
        Process.Kill();
        Mount?.Crash();
    }

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            cluster.World.Fail($"{name} failed: {failure}");
        }
    }
}
