using SealFs.Simulator.World;

namespace SealFs.Simulator.Storage;

/// <summary>A file of pages: as it is read now, and as it is on the disk for certain.</summary>
internal sealed class ChunkFile
{
    public const int PageBytes = 4096;
    private const int SectorBytes = 512;

    private static readonly byte[] s_zeros = new byte[PageBytes];

    private readonly SortedDictionary<long, byte[]> _pages = [];
    private readonly SortedDictionary<long, byte[]> _durable = [];
    private readonly SortedSet<long> _dirty = [];

    /// <summary>Pages that a sync could not write, which count as clean since.</summary>
    private readonly SortedSet<long> _abandoned = [];
    private long _durableLength;

    public long Length { get; private set; }

    public bool IsDurable { get; private set; }

    public ulong StoredBytes => (ulong)(_pages.Count * PageBytes);

    public void Read(long offset, Span<byte> target)
    {
        for (var done = 0; done < target.Length;)
        {
            var at = offset + done;
            var within = (int)(at % PageBytes);
            var count = Math.Min(PageBytes - within, target.Length - done);
            _pages.GetValueOrDefault(at / PageBytes, s_zeros).AsSpan(within, count).CopyTo(target[done..]);
            done += count;
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        for (var done = 0; done < source.Length;)
        {
            var at = offset + done;
            var within = (int)(at % PageBytes);
            var count = Math.Min(PageBytes - within, source.Length - done);
            source.Slice(done, count).CopyTo(Own(at / PageBytes).AsSpan(within));
            done += count;
        }

        Length = Math.Max(Length, offset + source.Length);
    }

    public void Punch(long offset, long length)
    {
        var end = Math.Min(offset + length, Length);
        if (end > offset)
            Clear(offset, end);
    }

    public void Truncate(long length)
    {
        if (length < Length)
            Clear(length, Length);
        Length = length;
    }

    public void Sync()
    {
        foreach (var page in _dirty)
        {
            _abandoned.Remove(page);
            if (_pages.TryGetValue(page, out var bytes))
                _durable[page] = bytes[..];
            else
                _durable.Remove(page);
        }

        _dirty.Clear();
        _durableLength = Length;
        IsDurable = true;
    }

    /// <summary>The disk could not take what was to be synced. As in Linux the pages count as clean from now on.</summary>
    public void FailSync()
    {
        _abandoned.UnionWith(_dirty);
        _dirty.Clear();
    }

    /// <summary>False when nothing is left of it.</summary>
    public bool LosePower(SimulatedWorld world)
    {
        if (!IsDurable && world.Chance(0.5))
            return false;
        foreach (var page in _dirty.ToList())
            Settle(world, page);
        foreach (var page in _abandoned.Except(_dirty).ToList())
            _durable.GetValueOrDefault(page, s_zeros).CopyTo(Own(page), 0);
        _abandoned.Clear();
        if (world.Chance(0.5))
            ShortenTo(_durableLength);
        _dirty.UnionWith(_pages.Keys);
        Sync();
        return true;
    }

    /// <summary>Nothing is left behind the end, also not in the page that it is in.</summary>
    private void ShortenTo(long length)
    {
        if (length < Length)
            Clear(length, (_pages.Keys.LastOrDefault() + 1) * PageBytes);
        Length = length;
    }

    /// <summary>Old, new, or some sectors of each.</summary>
    private void Settle(SimulatedWorld world, long page)
    {
        var before = _durable.GetValueOrDefault(page, s_zeros);
        if (world.Chance(0.4))
            return;
        var now = Own(page);
        var keepsSome = world.Chance(0.3);
        for (var at = 0; at < PageBytes; at += SectorBytes)
        {
            if (!keepsSome || world.Chance(0.5))
                before.AsSpan(at, SectorBytes).CopyTo(now.AsSpan(at));
        }
    }

    private void Clear(long from, long end)
    {
        for (var at = from; at < end;)
        {
            var page = at / PageBytes;
            var count = Math.Min(((page + 1) * PageBytes) - at, end - at);
            if (count == PageBytes)
            {
                _pages.Remove(page);
                _dirty.Add(page);
            }
            else if (_pages.ContainsKey(page))
            {
                Own(page).AsSpan((int)(at % PageBytes), (int)count).Clear();
            }

            at += count;
        }
    }

    private byte[] Own(long page)
    {
        _dirty.Add(page);
        if (!_pages.TryGetValue(page, out var bytes))
            _pages.Add(page, bytes = new byte[PageBytes]);
        return bytes;
    }
}
