namespace SealFs.Fuse.Session;

/// <summary>
/// The large native buffers, bounded in number: whoever needs one while all are in use waits. They are made when first needed and kept.
/// </summary>
internal sealed unsafe class BufferPool(int bufferBytes, int limit, IFuseObserver? observer)
{
    private readonly nint[] _free = new nint[limit];
    private readonly nint[] _all = new nint[limit];
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
                Monitor.Wait(_gate);
            }
            return (byte*)_free[--_freeCount];
        }
    }

    public void Return(byte* buffer)
    {
        lock (_gate)
        {
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

    private byte* Make()
    {
        var buffer = LockedMemory.Allocate(bufferBytes, observer);
        _all[_allCount++] = (nint)buffer;
        return buffer;
    }
}
