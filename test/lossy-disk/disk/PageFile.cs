namespace SealFs.LossyDisk;

/// <summary>The bytes of a file in pages. Pages that are missing are holes.</summary>
internal sealed class PageFile
{
    public const int PageBytes = 4096;

    private readonly Dictionary<long, byte[]> _pages = [];

    public long Length { get; private set; }

    public int PageCount => _pages.Count;

    public byte[]? Page(long number) => _pages.GetValueOrDefault(number);

    public int Read(long offset, Span<byte> target)
    {
        if (offset >= Length)
            return 0;
        target = target[..(int)Math.Min(target.Length, Length - offset)];
        for (var done = 0; done < target.Length;)
        {
            var (number, inPage, part) = Part(offset + done, target.Length - done);
            if (_pages.TryGetValue(number, out var page))
                page.AsSpan(inPage, part).CopyTo(target[done..]);
            else
                target.Slice(done, part).Clear();
            done += part;
        }

        return target.Length;
    }

    /// <summary>Writes, and adds the pages concerned to <paramref name="touched"/>.</summary>
    public void Write(long offset, ReadOnlySpan<byte> source, HashSet<long> touched)
    {
        for (var done = 0; done < source.Length;)
        {
            var (number, inPage, part) = Part(offset + done, source.Length - done);
            if (!_pages.TryGetValue(number, out var page))
                _pages[number] = page = new byte[PageBytes];
            source.Slice(done, part).CopyTo(page.AsSpan(inPage));
            touched.Add(number);
            done += part;
        }

        Length = Math.Max(Length, offset + source.Length);
    }

    public void SetLength(long length)
    {
        if (length < Length)
            Clear(length, Length - length);
        Length = length;
    }

    /// <summary>Zeros; whole pages become holes.</summary>
    public void Clear(long offset, long length)
    {
        var end = Math.Min(offset + length, (Length + PageBytes - 1) / PageBytes * PageBytes);
        for (var at = offset; at < end;)
        {
            var (number, inPage, part) = Part(at, end - at);
            if (part == PageBytes)
                _pages.Remove(number);
            else if (_pages.TryGetValue(number, out var page))
                page.AsSpan(inPage, part).Clear();
            at += part;
        }
    }

    /// <summary>Takes over bytes of a page of <paramref name="source"/>: all of it, or one half.</summary>
    public void CopyPage(PageFile source, long number, int from = 0, int to = PageBytes)
    {
        var page = source.Page(number);
        if (page is null && from == 0 && to == PageBytes)
        {
            _pages.Remove(number);
            return;
        }

        if (!_pages.TryGetValue(number, out var own))
            _pages[number] = own = new byte[PageBytes];
        if (page is null)
            own.AsSpan(from, to - from).Clear();
        else
            page.AsSpan(from, to - from).CopyTo(own.AsSpan(from));
    }

    public PageFile Copy()
    {
        var copy = new PageFile { Length = Length };
        foreach (var (number, page) in _pages)
            copy._pages[number] = (byte[])page.Clone();
        return copy;
    }

    private static (long Number, int InPage, int Part) Part(long offset, long length)
    {
        var inPage = (int)(offset % PageBytes);
        return (offset / PageBytes, inPage, (int)Math.Min(PageBytes - inPage, length));
    }
}
