namespace SealFs.Fuse.Session;

/// <summary>
/// The large native buffers, bounded in number: whoever needs one while all are in use waits. They are made when first needed and kept.
/// A polling worker must not wait: it reads nothing while all are in use, and a reply of a request that was read may go beyond the limit.
/// </summary>
internal sealed unsafe class BufferPool(RequestMemory memory, bool mayWait, IFuseObserver? observer)
{
    private readonly nint[] _free = new nint[memory.Layout.Buffers];
    private readonly nint[] _all = new nint[memory.Layout.Buffers];
    private readonly HashSet<nint> _extra = [];
    private readonly object _gate = new();
    private int _freeCount;
    private int _allCount;

    /// <summary>Size of each buffer: the largest message, its header included.</summary>
    public int BufferBytes => memory.Layout.BufferBytes;

    /// <summary>Buffers in existence, for tests and diagnostics.</summary>
    public int Count => _allCount;

    public byte* Take()
    {
        lock (_gate)
        {
            while (_freeCount == 0)
            {
                if (_allCount < _all.Length) return Make();
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
            return _allCount < _all.Length ? Make() : null;
        }
    }

    public void Return(byte* buffer)
    {
        lock (_gate)
        {
            if (_extra.Count > 0 && _extra.Remove((nint)buffer))
            {
                LockedMemory.Free(buffer, BufferBytes);
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
            for (var i = 0; i < _allCount; i++) memory.FreeBuffer((byte*)_all[i]);
            _allCount = _freeCount = 0;
        }
    }

    /// <summary>Has all buffers that those before this session used, and returns them. They are free.</summary>
    public nint[] Restore()
    {
        lock (_gate)
        {
            while (_allCount < memory.BuffersInUse) _free[_freeCount++] = (nint)Make();
            return _all[.._allCount];
        }
    }

    /// <summary>Takes a certain buffer that is free.</summary>
    public void Claim(byte* buffer)
    {
        lock (_gate)
        {
            var index = Array.IndexOf(_free, (nint)buffer, 0, _freeCount);
            _free[index] = _free[--_freeCount];
        }
    }

    /// <summary>It holds replies only, never what was read: a successor need not see it.</summary>
    private byte* MakeExtra()
    {
        var buffer = LockedMemory.Allocate(BufferBytes, observer);
        _extra.Add((nint)buffer);
        return buffer;
    }

    private byte* Make()
    {
        var buffer = memory.MakeBuffer(_allCount);
        _all[_allCount++] = (nint)buffer;
        return buffer;
    }
}
