using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Quota;

/// <summary>
/// Lets a volume's usage on this node grow up to the ceilings that heartbeats bring. A request that would exceed them waits while the manager is asked for more,
/// and is told ENOSPC when there is none. What is compared is the usage of the whole node, which other shards change at the same moment without waiting: the ceiling can
/// be exceeded by what is written at one time, a few MiB at most.
/// <para>
/// Usage is what data take: inline content by the byte; chunks by blocks of 64 KiB, the last block of chunk 0 to the next 4 KiB.
/// </para>
/// </summary>
public sealed class VolumeQuota : IVolumeQuota, IDisposable
{
    private readonly NodeContext _node;
    private readonly DiskReserve? _reserve;
    private readonly Lock _gate = new();
    private readonly Dictionary<VolumeId, List<Parked>> _parked = [];
    private readonly Dictionary<VolumeId, long> _exhausted = [];
    private readonly ITimer _timer;
    private int _parkedCount;
    private bool _disposed;

    public VolumeQuota(NodeContext node, DiskReserve? reserve = null)
    {
        _node = node;
        _reserve = reserve;
        _timer = node.Time.CreateTimer(
            static self => ((VolumeQuota)self!).Tick(), this, TimeSpan.FromMilliseconds(QuotaLimits.TickMs), TimeSpan.FromMilliseconds(QuotaLimits.TickMs));
    }

    private void Tick() => _node.Guard("Answering requests that waited for a quota", Expire);

    /// <summary>Requests that wait for a higher ceiling.</summary>
    public int Waiting => Volatile.Read(ref _parkedCount);

    public bool Admit(NodeRequest request, VolumeId volume, long bytes, long inodes)
    {
        if (request.Shard.IsRetired)
        {
            request.Reply(Errno.WrongEpoch);
            return false;
        }

        if (bytes > 0 && (_node.MetadataDiskIsFull || (_reserve is not null && !_reserve.TryTake(bytes))))
        {
            request.Reply(Errno.ENOSPC);
            return false;
        }

        var staged = request.Shard.StagedUsage;
        if (Fits(volume, bytes + staged.Bytes, inodes + staged.Inodes))
            return true;
        if (IsExhausted(volume) || Volatile.Read(ref _parkedCount) >= QuotaLimits.Parked)
            request.Reply(Errno.ENOSPC);
        else if (request.IsPart)
            ComeAgain(request);
        else if (request.Operation.IsGated)
            ParkOutsideGate(request, volume, bytes, inodes);
        else
            Park(request, volume, bytes, inodes);
        return false;
    }

    public VolumeUsageDelta Reserved(VolumeId volume) => default;

    public bool IsUrgent(VolumeId volume)
    {
        lock (_gate)
            return _parked.ContainsKey(volume);
    }

    public void ShardLeft(Shard shard)
    {
        var left = new List<NodeRequest>();
        lock (_gate)
        {
            foreach (var (volume, requests) in _parked.ToArray())
            {
                left.AddRange(requests.Where(parked => parked.Request.Shard == shard).Select(parked => parked.Request));
                _parkedCount -= requests.RemoveAll(parked => parked.Request.Shard == shard);
                if (requests.Count == 0)
                    _parked.Remove(volume);
            }
        }

        foreach (var request in left)
            request.Reply(Errno.WrongEpoch);
    }

    public void CeilingsChanged()
    {
        var ready = new List<NodeRequest>();
        var refused = new List<NodeRequest>();
        lock (_gate)
        {
            foreach (var (volume, requests) in _parked.ToArray())
                Judge(volume, requests, ready, refused);
        }

        foreach (var request in refused)
            request.Reply(Errno.ENOSPC);
        foreach (var request in ready)
            _ = _node.Tasks.StartNew(static state => ((NodeRequest)state!).Node.Dispatcher.RunAgain((NodeRequest)state), request);
    }

    /// <summary>Refuses those that wait.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        List<NodeRequest> left;
        lock (_gate)
        {
            _disposed = true;
            left = [.. _parked.Values.SelectMany(requests => requests.Select(parked => parked.Request))];
            _parked.Clear();
            _parkedCount = 0;
        }

        foreach (var request in left)
            request.Reply(Errno.Busy);
    }

    private bool Fits(VolumeId volume, long bytes, long inodes)
    {
        // A volume that the manager has not named yet, or names no more, has no ceiling to grow under; its shards answer for themselves.
        if (_node.Volume(volume) is not { } state)
            return true;
        var usage = _node.Usage(volume);
        var (ceilingBytes, ceilingInodes) = state.CeilingsNow(usage);
        return (bytes <= 0 || Below(usage.UsedBytes, bytes, ceilingBytes)) && (inodes <= 0 || Below(usage.Inodes, inodes, ceilingInodes));
    }

    private static bool Below(long used, long more, ulong ceiling) => (ulong)Math.Max(0, used) + (ulong)more <= ceiling;

    private bool IsExhausted(VolumeId volume)
    {
        lock (_gate)
            return _exhausted.TryGetValue(volume, out var sinceMs) && _node.NowMs - sinceMs < QuotaLimits.ExhaustedMs;
    }

    /// <summary>A compound does not wait with its gate held and parts of it done: it comes again, when the manager may have granted more.</summary>
    private void ComeAgain(NodeRequest request)
    {
        _node.RequestHeartbeat();
        request.Reply(Errno.Busy);
    }

    /// <summary>On its own, because what the continuation captures is allocated where the method begins.</summary>
    private void ParkOutsideGate(NodeRequest request, VolumeId volume, long bytes, long inodes) =>
        request.ContinueOutsideGate(waiting => Park(waiting, volume, bytes, inodes));

    private void Park(NodeRequest request, VolumeId volume, long bytes, long inodes)
    {
        lock (_gate)
        {
            // A shard that retires looks after this for what waits.
            if (!_disposed && !request.Shard.IsRetired)
            {
                if (!_parked.TryGetValue(volume, out var requests))
                    _parked.Add(volume, requests = []);
                requests.Add(new Parked(request, bytes, inodes, _node.NowMs));
                _parkedCount++;
                request = null!;
            }
        }

        // Whoever parked does not touch the request any more; it may be running again already.
        if (request is null)
            _node.RequestHeartbeat();
        else
            request.Reply(Errno.Busy);
    }

    /// <summary>
    /// After an answer of the manager: what fits goes on. What does not is refused when the manager has no more to give, and it had been waiting when that
    /// answer was asked for (the second answer after it came, at the latest).
    /// </summary>
    private void Judge(VolumeId volume, List<Parked> requests, List<NodeRequest> ready, List<NodeRequest> refused)
    {
        var more = _node.Volume(volume)?.MoreExpected ?? false;
        for (var index = requests.Count - 1; index >= 0; index--)
        {
            var parked = requests[index];
            if (Fits(volume, parked.Bytes, parked.Inodes))
            {
                ready.Add(parked.Request);
            }
            else if (!more && parked.Answers > 0)
            {
                refused.Add(parked.Request);
                _exhausted[volume] = _node.NowMs;
            }
            else
            {
                requests[index] = parked with { Answers = parked.Answers + 1 };
                continue;
            }

            requests.RemoveAt(index);
            _parkedCount--;
        }

        ready.Reverse();
        if (requests.Count == 0)
            _parked.Remove(volume);
        else
            _node.RequestHeartbeat();
    }

    private void Expire()
    {
        var refused = new List<NodeRequest>();
        lock (_gate)
        {
            var oldestMs = _node.NowMs - QuotaLimits.ParkedMs;
            foreach (var (volume, requests) in _parked.ToArray())
            {
                refused.AddRange(requests.Where(parked => parked.SinceMs < oldestMs).Select(parked => parked.Request));
                _parkedCount -= requests.RemoveAll(parked => parked.SinceMs < oldestMs);
                if (requests.Count == 0)
                    _parked.Remove(volume);
            }
        }

        foreach (var request in refused)
            request.Reply(Errno.ENOSPC);
    }

    private readonly record struct Parked(NodeRequest Request, long Bytes, long Inodes, long SinceMs, int Answers = 0);
}
