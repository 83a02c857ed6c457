namespace SealFs.Fuse.MemoryFs;

/// <summary>The entries of a directory, by name and in the order they were made. A listing goes on after the cookie of its last entry, whatever happened since.</summary>
internal sealed class DirectoryTable
{
    /// <summary>Cookies of "." and ".." are 1 and 2.</summary>
    private const ulong FirstCookie = 3;

    /// <summary>Removed entries are kept in the order until they are this many and the majority.</summary>
    private const int CompactionThreshold = 64;

    private readonly Dictionary<byte[], DirectoryEntry> _byName = new(NameComparer.Instance);
    private readonly Dictionary<byte[], DirectoryEntry>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    private readonly List<DirectoryEntry> _order = [];
    private ulong _nextCookie = FirstCookie;
    private int _removed;

    public DirectoryTable() => _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _byName.Count;

    public DirectoryEntry? Find(ReadOnlySpan<byte> name) => _bySpan.TryGetValue(name, out var entry) ? entry : null;

    public void Add(ReadOnlySpan<byte> name, Node node)
    {
        var entry = new DirectoryEntry(name.ToArray(), node, _nextCookie++);
        _byName.Add(entry.Name, entry);
        _order.Add(entry);
    }

    public void Remove(DirectoryEntry entry)
    {
        _byName.Remove(entry.Name);
        entry.IsRemoved = true;
        _removed++;
        if (_removed < CompactionThreshold || _removed < _order.Count / 2) return;
        _order.RemoveAll(static old => old.IsRemoved);
        _removed = 0;
    }

    /// <summary>The first entry after a cookie, or null.</summary>
    public DirectoryEntry? Next(ulong cookie, ref int position)
    {
        if (position < 0) position = FirstAfter(cookie);
        while (position < _order.Count)
        {
            var entry = _order[position++];
            if (!entry.IsRemoved) return entry;
        }
        return null;
    }

    private int FirstAfter(ulong cookie)
    {
        var low = 0;
        var high = _order.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_order[middle].Cookie > cookie) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
