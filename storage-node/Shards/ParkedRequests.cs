namespace SealFs.StorageNode.Shards;

/// <summary>
/// Requests that met a locked key, in the order of their arrival. Used with the shard's gate held; those released run when it is left. Nothing is
/// allocated while nothing is parked.
/// </summary>
internal sealed class ParkedRequests
{
    private readonly LinkedList<Entry> _entries = [];
    private List<NodeRequest> _ready = [];

    public int Count => _entries.Count;

    public bool HasReady => _ready.Count != 0;

    /// <summary>False when too many are parked already.</summary>
    public bool TryPark(NodeRequest request, LockKey key, long deadlineMs)
    {
        if (_entries.Count >= NodeLimits.ParkedRequestsPerShard)
            return false;
        _entries.AddLast(new Entry(request, key, deadlineMs));
        return true;
    }

    public void Release(LockKey key)
    {
        for (var node = _entries.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Key == key)
            {
                _ready.Add(node.Value.Request);
                _entries.Remove(node);
            }

            node = next;
        }
    }

    /// <summary>Takes out those whose time is over; they answer Busy.</summary>
    public void TakeExpired(long nowMs, List<NodeRequest> expired)
    {
        for (var node = _entries.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.DeadlineMs <= nowMs)
            {
                expired.Add(node.Value.Request);
                _entries.Remove(node);
            }

            node = next;
        }
    }

    /// <summary>All of them, ready or not: the shard retires.</summary>
    public List<NodeRequest> TakeAll()
    {
        var all = TakeReady();
        all.AddRange(_entries.Select(static entry => entry.Request));
        _entries.Clear();
        return all;
    }

    /// <summary>Those that may run again, for the caller to run outside the gate.</summary>
    public List<NodeRequest> TakeReady()
    {
        var ready = _ready;
        _ready = [];
        return ready;
    }

    private readonly record struct Entry(NodeRequest Request, LockKey Key, long DeadlineMs);
}
