namespace SealFs.Fuse.Session;

/// <summary>
/// The large native buffers, bounded in number: whoever needs one while all are in use waits. They are made when first needed and kept.
/// A polling worker must not wait: it reads nothing while all are in use, and a reply of a request that was read may go beyond the limit.
/// </summary>
internal sealed unsafe class BufferPool(int bufferBytes, int limit, bool mayWait, IFuseObserver? observer)
{
    private readonly nint[] _free = new nint[limit];
    private readonly nint[] _all = new nint[limit];
    private readonly HashSet<nint> _extra = [];
    private readonly object _gate = new();
    private int _freeCount;
    private int _allCount;

    /// <summary>Size of each buffer: the largest message, its header included.</summary>
    public int BufferBytes => bufferBytes;

    /// <summary>Buffers in existence, for tests and diagnostics.</summary>
    public int Count => _allCount;

    public byte* Take()
    {
        lock (_gate)
        {
            while (_freeCount == 0)
            {
                if (_allCount < limit) return Make();
                if (!mayWait) return MakeExtra();
                Monitor.Wait(_gate);
            }
            return (byte*)_free[--_freeCount];
        }
    }

    /// <summary>A buffer, or null while as many as the limit allows are in use.</summary>
    public byte* TryTake()
    {
        lock (_gate)
        {
            if (_freeCount > 0) return (byte*)_free[--_freeCount];
            return _allCount < limit ? Make() : null;
        }
    }

    public void Return(byte* buffer)
    {
        lock (_gate)
        {
            if (_extra.Count > 0 && _extra.Remove((nint)buffer))
            {
                LockedMemory.Free(buffer, bufferBytes);
                return;
            }
            _free[_freeCount++] = (nint)buffer;
            if (_freeCount == 1) Monitor.Pulse(_gate);
        }
    }

    /// <summary>Unmaps everything. Nothing may be in use.</summary>
    public void Free()
    {
        lock (_gate)
        {
            for (var i = 0; i < _allCount; i++) LockedMemory.Free((byte*)_all[i], bufferBytes);
            _allCount = _freeCount = 0;
        }
    }

    private byte* MakeExtra()
    {
        var buffer = LockedMemory.Allocate(bufferBytes, observer);
        _extra.Add((nint)buffer);
        return buffer;
    }

    private byte* Make()
    {
        var buffer = LockedMemory.Allocate(bufferBytes, observer);
        _all[_allCount++] = (nint)buffer;
        return buffer;
    }
}
