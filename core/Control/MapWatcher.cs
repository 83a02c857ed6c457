using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Core.Control;

/// <summary>
/// Keeps the newest cluster map. Follows the manager's watch stream and takes it up again when it breaks; may start from a map that was kept, and then
/// serves it until a manager answers. Reading <see cref="Current"/> is one volatile load.
/// </summary>
public sealed partial class MapWatcher : IAsyncDisposable
{
    private readonly ControlClient client;
    private readonly TimeProvider clock;
    private readonly TaskFactory tasks;
    private readonly Random random;
    private readonly bool wantsHints;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private ClusterMap? current;
    private TaskCompletionSource changed = NewSignal();
    private Task running = Task.CompletedTask;

    /// <param name="client">How the manager is reached; not disposed with the watcher.</param>
    /// <param name="cached">A map kept from before, or null.</param>
    /// <param name="wantsHints">True for storage nodes: see <see cref="Hinted"/>.</param>
    /// <param name="clock">Times the retries.</param>
    /// <param name="logger">Where lost and regained streams are logged.</param>
    /// <param name="tasks">Where the stream is followed; the thread pool when null.</param>
    /// <param name="random">Shortens the pauses between tries.</param>
    public MapWatcher(
        ControlClient client,
        ClusterMap? cached = null,
        bool wantsHints = false,
        TimeProvider? clock = null,
        ILogger<MapWatcher>? logger = null,
        TaskFactory? tasks = null,
        Random? random = null)
    {
        this.client = client;
        this.wantsHints = wantsHints;
        this.clock = clock ?? TimeProvider.System;
        this.tasks = tasks ?? BackgroundTasks.Default;
        this.random = random ?? Random.Shared;
        this.logger = logger ?? NullLogger<MapWatcher>.Instance;
        current = cached;
    }

    /// <summary>Raised after <see cref="Current"/> changed, from the watcher's own task: one at a time, in order of the versions.</summary>
    public event Action<ClusterMap>? Changed;

    /// <summary>The manager asks for a heartbeat at once.</summary>
    public event Action? Hinted;

    /// <summary>The newest map that is known, or null before the first.</summary>
    public ClusterMap? Current => Volatile.Read(ref current);

    public void Start() => running = tasks.Run(() => RunAsync(stopping.Token));

    /// <summary>Takes a map that came another way (a registration, an opened session); older ones and another cluster's are ignored.</summary>
    /// <returns>True when it became the current one.</returns>
    public bool Offer(ClusterMap map)
    {
        lock (gate)
        {
            if (current is { } known && known.ClusterId != map.ClusterId)
            {
                LogForeignMap(map.ClusterId, known.ClusterId);
                return false;
            }
            if (current?.Version >= map.Version)
                return false;
            Volatile.Write(ref current, map);
            Changed?.Invoke(map);
            Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();
            return true;
        }
    }

    /// <summary>Waits for a map that fits: a newer version, one that is built, one with a certain node.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before one came.</exception>
    public async Task<ClusterMap> WaitForAsync(Func<ClusterMap, bool> fits, CancellationToken cancellation)
    {
        while (true)
        {
            // The signal is taken before the look, so that a change in between is not missed.
            var signal = Volatile.Read(ref changed);
            if (Current is { } map && fits(map))
                return map;
            await signal.Task.OrGivenUp(cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        stopping.Cancel();
        await running;
        stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        var delay = new RetryDelay(clock, random);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(delay, cancellation);
                await delay.WaitAsync(cancellation);
            }
            catch (ControlException e)
            {
                LogStreamLost(client.Addresses, e.Message);
                await delay.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogFollowerFailed(e);
                await delay.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }

    private async Task FollowAsync(RetryDelay delay, CancellationToken cancellation)
    {
        var map = Current;
        var request = new WatchMapRequest { HaveVersion = map?.Version ?? 0, ClusterId = map?.ClusterId.ToString("D") ?? "", WantsHints = wantsHints };
        await foreach (var update in client.WatchMapAsync(request, cancellation))
        {
            delay.Reset();
            if (update.UpdateCase == MapUpdate.UpdateOneofCase.Hint)
            {
                Hinted?.Invoke();
                continue;
            }
            if (ClusterMapCodec.Apply(map, update) is not { } next)
            {
                // A difference that does not fit means that something was missed: the next stream starts over.
                LogUpdateRefused(map?.Version ?? 0);
                return;
            }
            map = next;
            Offer(next);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
