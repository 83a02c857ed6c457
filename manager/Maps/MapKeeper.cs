using System.Runtime.CompilerServices;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Manager.Maps;

/// <summary>
/// The current map and everybody who watches it. Watchers are not sent to: each looks at the newest map when it is ready, so that a slow one skips versions
/// and nothing queues up. Nodes look at once; clients do not look more often than the manager can afford. Safe for concurrent use.
/// </summary>
internal sealed class MapKeeper
{
    private readonly Lock gate = new();
    private readonly Queue<ClusterMap> earlier = new();
    private readonly Dictionary<ulong, MapUpdate> differences = [];
    private readonly WeakReference<MapSnapshot?> snapshot = new(null);
    private readonly WatchPace pace;
    private TaskCompletionSource changed = NewSignal();
    private ClusterMap current;
    private ulong hints;

    public MapKeeper(ClusterMap map, TimeProvider? clock = null)
    {
        current = map;
        pace = new WatchPace(clock ?? TimeProvider.System);
    }

    public ClusterMap Current => Volatile.Read(ref current);

    /// <summary>The current map as a message, which all who ask for it share: not to be changed.</summary>
    public MapSnapshot Snapshot
    {
        get
        {
            lock (gate)
                return SnapshotOf(current);
        }
    }

    public void Publish(ClusterMap map)
    {
        lock (gate)
        {
            earlier.Enqueue(current);
            if (earlier.Count > Limits.MapVersionsKept)
                earlier.Dequeue();
            differences.Clear();
            Volatile.Write(ref current, map);
            Signal();
        }
        pace.Request();
    }

    /// <summary>Asks every node for a heartbeat at once.</summary>
    public void Hint()
    {
        lock (gate)
        {
            hints++;
            Signal();
        }
    }

    /// <summary>Waits until the map has been built.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before.</exception>
    public async Task<ClusterMap> WaitUntilBuiltAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var signal = Volatile.Read(ref changed);
            if (Current is { IsBuilt: true } map)
                return map;
            await signal.Task.OrGivenUp(cancellation);
        }
    }

    /// <summary>The way from a version that somebody has to the current map: a difference where one can be made.</summary>
    public MapUpdate UpdateFrom(ulong version)
    {
        lock (gate)
            return Difference(FindEarlier(version), current);
    }

    /// <summary>The updates for one watcher: the way from what it has to the current map, then every change, until cancelled.</summary>
    public IAsyncEnumerable<MapUpdate> WatchAsync(WatchMapRequest request, CancellationToken cancellation) =>
        request.WantsHints ? WatchAsNodeAsync(request, cancellation) : WatchAsClientAsync(request, cancellation);

    private async IAsyncEnumerable<MapUpdate> WatchAsNodeAsync(WatchMapRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var sent = FindEarlier(request);

        // Those that were given before it came: a watcher cannot know whether it has missed one that was meant for it.
        var seenHints = 0UL;
        while (true)
        {
            var signal = Volatile.Read(ref changed);
            var map = Current;
            if (sent is null || sent.Version < map.Version)
            {
                yield return Difference(sent, map);
                sent = map;
            }
            var nowHints = Volatile.Read(ref hints);
            if (nowHints != seenHints)
                yield return new MapUpdate { Hint = new HeartbeatHint() };
            seenHints = nowHints;
            await signal.Task.OrGivenUp(cancellation);
        }
    }

    private async IAsyncEnumerable<MapUpdate> WatchAsClientAsync(WatchMapRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var sent = FindEarlier(request);
        using var _ = pace.Enter();
        while (true)
        {
            var signal = pace.Next;
            var map = Current;
            if (sent is null || sent.Version < map.Version)
            {
                yield return Difference(sent, map);
                sent = map;
            }
            await signal.OrGivenUp(cancellation);
        }
    }

    private ClusterMap? FindEarlier(WatchMapRequest request)
    {
        lock (gate)
            return request.ClusterId == current.ClusterId.ToString("D") ? FindEarlier(request.HaveVersion) : null;
    }

    private ClusterMap? FindEarlier(ulong version) =>
        current.Version == version ? current : earlier.FirstOrDefault(map => map.Version == version);

    /// <summary>Most watchers ask for the same step: it is computed once.</summary>
    private MapUpdate Difference(ClusterMap? from, ClusterMap to)
    {
        lock (gate)
        {
            if (from is null)
                return new MapUpdate { Full = SnapshotOf(to) };
            var isCurrent = ReferenceEquals(to, current);
            if (isCurrent && differences.TryGetValue(from.Version, out var known))
                return known;
            var update = new MapUpdate { Diff = ClusterMapCodec.ToProto(ClusterMapDiff.Between(from, to)) };
            if (isCurrent && differences.Count < Limits.MapVersionsKept)
                differences[from.Version] = update;
            return update;
        }
    }

    // Held weakly: a map of a million shards is some hundred megabytes as messages, which only pays while many ask at the same time.
    private MapSnapshot SnapshotOf(ClusterMap map)
    {
        if (snapshot.TryGetTarget(out var known) && known.Version == map.Version)
            return known;
        var made = ClusterMapCodec.ToProto(map);
        if (ReferenceEquals(map, current))
            snapshot.SetTarget(made);
        return made;
    }

    private void Signal() => Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
