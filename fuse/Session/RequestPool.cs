using SealFs.Fuse.Transport;

namespace SealFs.Fuse.Session;

/// <summary>The pooled requests, bounded in number: a worker waits for one before it reads, so that the kernel's queue is the back-pressure.</summary>
internal sealed unsafe class RequestPool(RequestMemory memory, BufferPool buffers, FuseMetrics metrics, Action<FuseRequest> onInterrupt,
    IFuseObserver? observer)
{
    private readonly FuseRequest[] _free = new FuseRequest[memory.Layout.Slots];
    private readonly FuseRequest?[] _all = new FuseRequest?[memory.Layout.Slots];
    private readonly List<nint> _regions = [];
    private readonly object _gate = new();
    private int _freeCount;
    private int _allCount;
    private bool _draining;

    public BufferPool Buffers => buffers;

    /// <summary>A successor will look for messages where this session had them.</summary>
    public bool MessagesOutlive { get; } = memory.Outlives;

    public FuseMetrics Metrics => metrics;

    public IFuseObserver? Observer => observer;

    /// <summary>The file system's method for every interrupt.</summary>
    public Action<FuseRequest> OnInterrupt => onInterrupt;

    public EarlyInterrupts EarlyInterrupts { get; } = new();

    /// <summary>Where replies go; set once by the session before the first request.</summary>
    public IFuseTransport Transport { get; set; } = null!;

    /// <summary>Requests that wait for their reply or are about to be read.</summary>
    public int InUse
    {
        get
        {
            lock (_gate) return _allCount - _freeCount;
        }
    }

    /// <summary>False while all are in use; a hint when read without the lock.</summary>
    public bool HasRoom => Volatile.Read(ref _freeCount) > 0 || Volatile.Read(ref _allCount) < _all.Length;

    /// <summary>A request, or null while all are in use.</summary>
    public FuseRequest? TryTake()
    {
        lock (_gate)
        {
            if (_freeCount == 0 && _allCount < _all.Length) Grow();
            return _freeCount > 0 ? _free[--_freeCount] : null;
        }
    }

    public FuseRequest Take()
    {
        lock (_gate)
        {
            while (_freeCount == 0)
            {
                if (_allCount < _all.Length) Grow();
                else Monitor.Wait(_gate);
            }
            return _free[--_freeCount];
        }
    }

    public void Return(FuseRequest request)
    {
        lock (_gate)
        {
            _free[_freeCount++] = request;
            if (_freeCount == 1 || _draining) Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until every request has been answered; false after the time limit.</summary>
    public bool WaitUntilIdle(TimeSpan limit)
    {
        var deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        lock (_gate)
        {
            _draining = true;
            while (_freeCount < _allCount)
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left))) return _freeCount == _allCount;
            }
            return true;
        }
    }

    /// <summary>Delivers an interrupt to its target, or keeps it for a worker that has read the target and not registered it yet.</summary>
    public FuseRequest? Interrupt(ulong stableUnique)
    {
        var target = FindAndInterrupt(stableUnique);
        if (target != null) return target;
        EarlyInterrupts.Add(stableUnique);
        target = FindAndInterrupt(stableUnique);
        if (target != null) EarlyInterrupts.Take(stableUnique);
        return target;
    }

    /// <summary>Unmaps the slots. Nothing may be in use.</summary>
    public void Free()
    {
        foreach (var region in _regions) memory.FreeRegion((byte*)region);
        _regions.Clear();
    }

    /// <summary>Has all requests whose slots those before this session used, and returns them. They are free.</summary>
    public FuseRequest[] Restore()
    {
        lock (_gate)
        {
            while (_regions.Count < memory.RegionsInUse) Grow();
            return _free[.._freeCount];
        }
    }

    /// <summary>Takes a certain request that is free.</summary>
    public void Claim(FuseRequest request)
    {
        lock (_gate)
        {
            var index = Array.IndexOf(_free, request, 0, _freeCount);
            _free[index] = _free[--_freeCount];
        }
    }

    private FuseRequest? FindAndInterrupt(ulong stableUnique)
    {
        var count = Volatile.Read(ref _allCount);
        for (var i = 0; i < count; i++)
        {
            var request = _all[i]!;
            if (request.TryInterrupt(stableUnique)) return request;
        }
        return null;
    }

    private void Grow()
    {
        var region = memory.MakeRegion(_regions.Count);
        _regions.Add((nint)region);
        var count = Math.Min(Limits.SlotsPerRegion, _all.Length - _allCount);
        for (var i = 0; i < count; i++)
        {
            var request = new FuseRequest(this, _allCount, region + i * Limits.RequestSlotBytes);
            _free[_freeCount++] = request;
            _all[_allCount] = request;
            Volatile.Write(ref _allCount, _allCount + 1);
        }
    }
}
