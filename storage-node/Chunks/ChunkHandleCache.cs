using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Open chunk files, least recently used first out. An entry that is in use is never closed under its user; handles are reused, so that
/// a steady state allocates nothing.
/// </summary>
internal sealed class ChunkHandleCache(IChunkDevice device, int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ChunkKey, ChunkHandle> _handles = [];
    private readonly Stack<ChunkHandle> _free = new();
    private ChunkHandle? _newest;
    private ChunkHandle? _oldest;

    public int Count
    {
        get
        {
            lock (_lock)
                return _handles.Count;
        }
    }

    /// <summary>The open file with one more reference, or null when it is not open.</summary>
    public ChunkHandle? TryGet(in ChunkKey key)
    {
        lock (_lock)
        {
            if (!_handles.TryGetValue(key, out var handle))
                return null;
            handle.References++;
            if (!ReferenceEquals(handle, _newest))
            {
                Unlink(handle);
                LinkNewest(handle);
            }

            return handle;
        }
    }

    /// <summary>Takes over a descriptor; the handle comes with one reference. Another one for the same key, opened meanwhile, wins.</summary>
    public ChunkHandle Add(in ChunkKey key, int descriptor)
    {
        ChunkHandle handle;
        var close = -1;
        lock (_lock)
        {
            if (_handles.TryGetValue(key, out var existing))
            {
                existing.References++;
                handle = existing;
                close = descriptor;
            }
            else
            {
                handle = _free.Count > 0 ? _free.Pop() : new ChunkHandle();
                handle.Key = key;
                handle.Descriptor = descriptor;
                handle.References = 1;
                handle.Detached = false;
                _handles.Add(key, handle);
                LinkNewest(handle);
                if (_handles.Count > capacity)
                    close = EvictOldest();
            }
        }

        if (close >= 0)
            device.Close(close);
        return handle;
    }

    public void Release(ChunkHandle handle)
    {
        var close = -1;
        lock (_lock)
        {
            if (--handle.References == 0 && handle.Detached)
                close = Retire(handle);
        }

        if (close >= 0)
            device.Close(close);
    }

    /// <summary>Forgets a file that is about to be removed.</summary>
    public void Drop(in ChunkKey key)
    {
        var close = -1;
        lock (_lock)
        {
            if (_handles.TryGetValue(key, out var handle))
                close = Detach(handle);
        }

        if (close >= 0)
            device.Close(close);
    }

    public void DropAll()
    {
        while (true)
        {
            int close;
            lock (_lock)
            {
                if (_oldest is null)
                    return;
                close = Detach(_oldest);
            }

            if (close >= 0)
                device.Close(close);
        }
    }

    /// <summary>Forgets the files of a shard.</summary>
    public void DropShard(ShardId shard)
    {
        var closes = new List<int>();
        lock (_lock)
        {
            for (var handle = _oldest; handle is not null;)
            {
                var next = handle.Newer;
                if (handle.Key.Shard == shard)
                    closes.Add(Detach(handle));
                handle = next;
            }
        }

        foreach (var close in closes)
        {
            if (close >= 0)
                device.Close(close);
        }
    }

    private int EvictOldest()
    {
        for (var handle = _oldest; handle is not null; handle = handle.Newer)
        {
            if (handle.References == 0)
                return Detach(handle);
        }

        return -1;
    }

    private int Detach(ChunkHandle handle)
    {
        _handles.Remove(handle.Key);
        Unlink(handle);
        handle.Detached = true;
        return handle.References == 0 ? Retire(handle) : -1;
    }

    private int Retire(ChunkHandle handle)
    {
        var descriptor = handle.Descriptor;
        handle.Descriptor = -1;
        if (_free.Count < capacity)
            _free.Push(handle);
        return descriptor;
    }

    private void LinkNewest(ChunkHandle handle)
    {
        handle.Newer = null;
        handle.Older = _newest;
        if (_newest is not null)
            _newest.Newer = handle;
        _newest = handle;
        _oldest ??= handle;
    }

    private void Unlink(ChunkHandle handle)
    {
        if (handle.Older is not null)
            handle.Older.Newer = handle.Newer;
        else
            _oldest = handle.Newer;
        if (handle.Newer is not null)
            handle.Newer.Older = handle.Older;
        else
            _newest = handle.Older;
    }
}
