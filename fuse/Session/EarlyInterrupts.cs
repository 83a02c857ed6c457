namespace SealFs.Fuse.Session;

/// <summary>
/// Interrupts that arrived before their target was registered: one worker has read the target, another read the interrupt and was faster.
/// The oldest are overwritten; most are of requests that were just answered, and those are never asked for.
/// </summary>
internal sealed class EarlyInterrupts
{
    private readonly ulong[] _uniques = new ulong[Limits.EarlyInterrupts];
    private readonly Lock _gate = new();
    private int _count;
    private int _next;

    public void Add(ulong unique)
    {
        lock (_gate)
        {
            if (_uniques[_next] == 0) _count++;
            _uniques[_next] = unique;
            _next = (_next + 1) % _uniques.Length;
        }
        Interlocked.MemoryBarrier();
    }

    /// <summary>True, once, when the request was interrupted before it was registered. One read of a field while there are none.</summary>
    public bool Take(ulong unique)
    {
        if (Volatile.Read(ref _count) == 0) return false;
        lock (_gate)
        {
            var index = Array.IndexOf(_uniques, unique);
            if (index < 0) return false;
            _uniques[index] = 0;
            _count--;
            return true;
        }
    }
}
