using System.Diagnostics.CodeAnalysis;

namespace SealFs.Operator.Runtime;

/// <summary>
/// Keys that want work. A key is in it once, however often it was added; a key that is being worked on is not handed out again before it is done, and then comes
/// back when it was added meanwhile. A key can be added for later, and one that failed comes back after a time that doubles.
/// </summary>
public sealed class WorkQueue<TKey>(TimeProvider clock, BackOff backOff) : IDisposable
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Queue<TKey> _ready = new();
    private readonly HashSet<TKey> _waiting = [];
    private readonly HashSet<TKey> _working = [];
    private readonly Dictionary<TKey, (ITimer Timer, long Due)> _later = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly SemaphoreSlim _available = new(0);

    public int Count
    {
        get
        {
            lock (_gate)
                return _ready.Count;
        }
    }

    public void Add(TKey key)
    {
        lock (_gate)
        {
            if (_waiting.Add(key) && !_working.Contains(key))
                Ready(key);
        }
    }

    /// <summary>Adds the key later. Of several times the earliest counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        lock (_gate)
        {
            var due = clock.GetTimestamp() + (long)(delay.TotalSeconds * clock.TimestampFrequency);
            if (_later.TryGetValue(key, out var known))
            {
                if (known.Due <= due)
                    return;
                known.Timer.Dispose();
            }
            _later[key] = (clock.CreateTimer(_ => Due(key), null, delay, Timeout.InfiniteTimeSpan), due);
        }
    }

    public void AddAfterFailure(TKey key)
    {
        int failures;
        lock (_gate)
            failures = _failures[key] = _failures.GetValueOrDefault(key) + 1;
        AddAfter(key, backOff.After(failures));
    }

    /// <summary>The next failure of this key is the first again.</summary>
    public void Succeeded(TKey key)
    {
        lock (_gate)
            _failures.Remove(key);
    }

    /// <summary>Waits for a key. Every key that was taken must be given to <see cref="Done"/>.</summary>
    public async Task<TKey> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _available.WaitAsync(cancellation);
            if (TryTake(out var key))
                return key;
        }
    }

    public void Done(TKey key)
    {
        lock (_gate)
        {
            _working.Remove(key);
            if (_waiting.Contains(key))
                Ready(key);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (timer, _) in _later.Values)
                timer.Dispose();
            _later.Clear();
        }
        _available.Dispose();
    }

    private bool TryTake([MaybeNullWhen(false)] out TKey key)
    {
        lock (_gate)
        {
            if (!_ready.TryDequeue(out key))
                return false;
            _waiting.Remove(key);
            _working.Add(key);
            return true;
        }
    }

    private void Ready(TKey key)
    {
        _ready.Enqueue(key);
        _available.Release();
    }

    private void Due(TKey key)
    {
        lock (_gate)
        {
            if (!_later.Remove(key, out var known))
                return;
            known.Timer.Dispose();
        }
        Add(key);
    }
}
