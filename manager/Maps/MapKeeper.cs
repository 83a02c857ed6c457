using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Manager.Maps;

/// <summary>
/// The current map and everybody who watches it. Watchers are not sent to: each looks at the newest map when it is ready, so that a slow one skips versions
/// and nothing queues up. Safe for concurrent use.
/// </summary>
internal sealed class MapKeeper
{
    private readonly Lock gate = new();
    private readonly Queue<ClusterMap> earlier = new();
    private TaskCompletionSource changed = NewSignal();
    private ClusterMap current;
    private ulong hints;
    private (ulong From, ulong To, MapUpdate Update)? lastDiff;

    public MapKeeper(ClusterMap map) => current = map;

    public ClusterMap Current => Volatile.Read(ref current);

    public void Publish(ClusterMap map)
    {
        lock (gate)
        {
            earlier.Enqueue(current);
            if (earlier.Count > Limits.MapVersionsKept)
                earlier.Dequeue();
            Volatile.Write(ref current, map);
            Signal();
        }
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
            await signal.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>The updates for one watcher: the way from what it has to the current map, then every change, until cancelled.</summary>
    public async IAsyncEnumerable<MapUpdate> WatchAsync(
        WatchMapRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
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
                yield return sent is null ? new MapUpdate { Full = ClusterMapCodec.ToProto(map) } : Difference(sent, map);
                sent = map;
            }
            var nowHints = Volatile.Read(ref hints);
            if (request.WantsHints && nowHints != seenHints)
                yield return new MapUpdate { Hint = new HeartbeatHint() };
            seenHints = nowHints;
            await signal.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>The way from a version of this cluster's map to the current one: a difference while the earlier map is still known, else the whole.</summary>
    public MapUpdate UpdateFrom(ulong version)
    {
        var map = Current;
        var earlierMap = FindEarlier(new WatchMapRequest { ClusterId = map.ClusterId.ToString("D"), HaveVersion = version });
        return earlierMap is null ? new MapUpdate { Full = ClusterMapCodec.ToProto(map) } : Difference(earlierMap, map);
    }

    private ClusterMap? FindEarlier(WatchMapRequest request)
    {
        lock (gate)
        {
            if (request.ClusterId != current.ClusterId.ToString("D"))
                return null;
            return current.Version == request.HaveVersion ? current : earlier.FirstOrDefault(map => map.Version == request.HaveVersion);
        }
    }

    /// <summary>Most watchers ask for the same step: it is computed once.</summary>
    private MapUpdate Difference(ClusterMap from, ClusterMap to)
    {
        lock (gate)
        {
            if (lastDiff is { } known && known.From == from.Version && known.To == to.Version)
                return known.Update;
        }
        var update = new MapUpdate { Diff = ClusterMapCodec.ToProto(ClusterMapDiff.Between(from, to)) };
        lock (gate)
            lastDiff = (from.Version, to.Version, update);
        return update;
    }

    private void Signal() => Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
