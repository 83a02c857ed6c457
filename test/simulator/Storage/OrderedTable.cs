using System.Runtime.InteropServices;

namespace SealFs.Simulator.Storage;

/// <summary>One table of the simulated engine: keys in order. A cursor keeps the entries as they were when it was opened.</summary>
internal sealed class OrderedTable
{
    private Entry[] _entries = new Entry[64];
    private int _readers;

    public int Count { get; private set; }

    public IEnumerable<byte[]> Keys => _entries.Take(Count).Select(static entry => entry.Key);

    public OrderedTable Copy()
    {
        var copy = new OrderedTable { _entries = _entries[..], Count = Count };
        return copy;
    }

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var stored = value.ToArray();
        Own();
        var at = LowerBound(key);
        if (at < Count && key.SequenceEqual(_entries[at].Key))
        {
            _entries[at] = _entries[at] with { Value = stored };
            return;
        }

        if (Count == _entries.Length)
            Array.Resize(ref _entries, Count * 2);
        Array.Copy(_entries, at, _entries, at + 1, Count - at);
        _entries[at] = new Entry(key.ToArray(), stored);
        Count++;
    }

    public void Delete(ReadOnlySpan<byte> key)
    {
        var at = LowerBound(key);
        if (at < Count && key.SequenceEqual(_entries[at].Key))
            RemoveRange(at, at + 1);
    }

    public void DeleteRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
    {
        var (first, stop) = (LowerBound(from), LowerBound(end));
        if (first < stop)
            RemoveRange(first, stop);
    }

    public (Entry[] Entries, int First, int Stop) Range(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
    {
        _readers++;
        return (_entries, LowerBound(from), LowerBound(end));
    }

    public void Leave(Entry[] entries)
    {
        if (entries == _entries)
            _readers--;
    }

    public Entry? Get(ReadOnlySpan<byte> key)
    {
        var at = LowerBound(key);
        return at < Count && key.SequenceEqual(_entries[at].Key) ? _entries[at] : null;
    }

    private void RemoveRange(int first, int stop)
    {
        Own();
        Array.Copy(_entries, stop, _entries, first, Count - stop);
        var left = Count - (stop - first);
        Array.Clear(_entries, left, Count - left);
        Count = left;
    }

    /// <summary>Before a change: cursors keep what they have.</summary>
    private void Own()
    {
        if (_readers == 0)
            return;
        _entries = _entries[..];
        _readers = 0;
    }

    private int LowerBound(ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].Key.AsSpan().SequenceCompareTo(key) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Entry(byte[] Key, byte[] Value);
}
