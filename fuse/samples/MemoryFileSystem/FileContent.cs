using System.Runtime.InteropServices;

namespace SealFs.Fuse.MemoryFs;

/// <summary>
/// The bytes of a file, in native blocks; a missing block is a hole. The first block is small while the file is. The object itself is the lock.
/// </summary>
internal sealed unsafe class FileContent(Space space)
{
    public const int BlockBytes = 64 << 10;

    /// <summary>Largest file; beyond it the block numbers would leave the range the kernel can address anyway.</summary>
    public const long MaxLength = 1L << 50;

    private const int SmallestBlockBytes = 512;
    private byte* _first;
    private int _firstBytes;
    private Dictionary<long, nint>? _rest;

    public long Length { get; private set; }

    /// <summary>Space taken, in units of 512 bytes.</summary>
    public long Sectors => (_firstBytes + (long)(_rest?.Count ?? 0) * BlockBytes) / 512;

    public int Read(long offset, Span<byte> target)
    {
        if (offset >= Length) return 0;
        var count = (int)Math.Min(target.Length, Length - offset);
        for (var done = 0; done < count;)
        {
            var within = (int)((offset + done) % BlockBytes);
            var step = Math.Min(count - done, BlockBytes - within);
            CopyFromBlock((offset + done) / BlockBytes, within, target.Slice(done, step));
            done += step;
        }
        return count;
    }

    /// <summary>Writes all of it; false when there is no room, with some of it perhaps written.</summary>
    public bool Write(long offset, ReadOnlySpan<byte> source)
    {
        for (var done = 0; done < source.Length;)
        {
            var within = (int)((offset + done) % BlockBytes);
            var step = Math.Min(source.Length - done, BlockBytes - within);
            var block = EnsureBlock((offset + done) / BlockBytes, within + step);
            if (block == null) return false;
            source.Slice(done, step).CopyTo(new Span<byte>(block + within, step));
            done += step;
            Length = Math.Max(Length, offset + done);
        }
        return true;
    }

    public void SetLength(long length)
    {
        if (length < Length) Clear(length, Length - length);
        Length = length;
    }

    /// <summary>Makes sure that later writes to the range find room.</summary>
    public bool Allocate(long offset, long length)
    {
        for (var block = offset / BlockBytes; block <= (offset + length - 1) / BlockBytes; block++)
        {
            var needed = (int)Math.Min(BlockBytes, offset + length - block * BlockBytes);
            if (EnsureBlock(block, needed) == null) return false;
        }
        return true;
    }

    /// <summary>Makes a range read as zeros; blocks that lie in it as a whole are freed.</summary>
    public void Clear(long offset, long length)
    {
        var end = offset + length;
        ClearFirst(offset, end);
        if (_rest == null) return;
        foreach (var (number, block) in _rest)
        {
            var from = Math.Max(offset - number * BlockBytes, 0);
            var to = Math.Min(end - number * BlockBytes, BlockBytes);
            if (from >= to) continue;
            if (to - from == BlockBytes) FreeBlock(number);
            else new Span<byte>((byte*)block + from, (int)(to - from)).Clear();
        }
    }

    /// <summary>Start of the next data or hole at or after an offset; -1 when there is none before the end.</summary>
    public long Seek(long offset, bool data)
    {
        if (offset >= Length) return -1;
        for (var block = offset / BlockBytes; block * BlockBytes < Length;)
        {
            if (HasBlock(block) == data) return Math.Max(offset, block * BlockBytes);
            if (data && !HasBlockAfter(block, out block)) return -1;
            if (!data) block++;
        }
        return data ? -1 : Length;
    }

    public void Free()
    {
        Clear(0, long.MaxValue - BlockBytes);
        Length = 0;
    }

    private void CopyFromBlock(long number, int within, Span<byte> target)
    {
        var available = number == 0 ? _firstBytes : BlockBytes;
        var block = number == 0 ? _first : Find(number);
        var count = block == null ? 0 : Math.Clamp(available - within, 0, target.Length);
        if (count > 0) new Span<byte>(block + within, count).CopyTo(target);
        target[count..].Clear();
    }

    private byte* Find(long number) => _rest != null && _rest.TryGetValue(number, out var block) ? (byte*)block : null;

    private bool HasBlock(long number) => number == 0 ? _first != null : Find(number) != null;

    private bool HasBlockAfter(long number, out long next)
    {
        next = long.MaxValue;
        if (_rest != null)
            foreach (var candidate in _rest.Keys)
                if (candidate > number && candidate < next) next = candidate;
        return next != long.MaxValue;
    }

    private byte* EnsureBlock(long number, int neededBytes)
    {
        if (number == 0) return EnsureFirst(neededBytes);
        var block = Find(number);
        if (block != null) return block;
        if (!space.TryTake(BlockBytes)) return null;
        block = (byte*)NativeMemory.AllocZeroed(BlockBytes);
        (_rest ??= []).Add(number, (nint)block);
        return block;
    }

    private byte* EnsureFirst(int neededBytes)
    {
        if (neededBytes <= _firstBytes) return _first;
        var size = SmallestBlockBytes;
        while (size < neededBytes) size *= 2;
        if (!space.TryTake(size - _firstBytes)) return null;
        _first = (byte*)NativeMemory.Realloc(_first, (nuint)size);
        new Span<byte>(_first + _firstBytes, size - _firstBytes).Clear();
        _firstBytes = size;
        return _first;
    }

    private void ClearFirst(long offset, long end)
    {
        if (offset >= _firstBytes) return;
        if (offset == 0 && end >= _firstBytes)
        {
            NativeMemory.Free(_first);
            space.Give(_firstBytes);
            _first = null;
            _firstBytes = 0;
            return;
        }
        new Span<byte>(_first + offset, (int)(Math.Min(end, _firstBytes) - offset)).Clear();
    }

    private void FreeBlock(long number)
    {
        if (!_rest!.Remove(number, out var block)) return;
        NativeMemory.Free((void*)block);
        space.Give(BlockBytes);
    }
}
