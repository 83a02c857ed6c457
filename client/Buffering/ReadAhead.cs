namespace SealFs.Client.Buffering;

/// <summary>
/// The sequential readers of one file, and what was read ahead for them. A stream is known by where its next read must begin, so that readers need no handle.
/// Guarded by the file's gate.
/// </summary>
internal sealed class ReadAhead(ReadBudget budget)
{
    private const long BlockAgeMs = 10_000;

    private readonly Stream[] _streams = new Stream[Limits.StreamsPerFile];
    private readonly List<ReadBlock> _blocks = [];
    private int _nextVictim;

    /// <summary>Up to where blocks are being asked for.</summary>
    public ulong Until { get; set; }

    /// <summary>Notes a read; returns how far ahead of its end there should be blocks, in bytes: 0 for what is not sequential.</summary>
    public long Advance(ulong offset, int length)
    {
        for (var i = 0; i < _streams.Length; i++)
        {
            ref var stream = ref _streams[i];
            if (stream.Window < 0 || stream.Next != offset || (offset == 0 && stream.Window == 0))
                continue;
            stream.Next = offset + (uint)length;
            stream.Window = Math.Min(Math.Max(1, stream.Window * 2), Limits.ReadAheadDepth);
            return (long)stream.Window * Limits.ReadAheadBytes;
        }
        _streams[_nextVictim] = new Stream { Next = offset + (uint)length, Window = 0 };
        _nextVictim = (_nextVictim + 1) % _streams.Length;
        return 0;
    }

    /// <summary>The block that has the byte at an offset, or null.</summary>
    public ReadBlock? Find(ulong offset)
    {
        var bound = budget.NowMs - BlockAgeMs;
        foreach (var block in _blocks)
        {
            if (offset >= block.Offset && offset < block.End)
                return block.AskedMs < bound ? null : block;
        }
        return null;
    }

    public void Add(ReadBlock block) => _blocks.Add(block);

    /// <summary>A reader has passed this offset: what lies before it is not needed any more.</summary>
    public void Consume(ulong offset)
    {
        for (var i = _blocks.Count - 1; i >= 0; i--)
        {
            if (_blocks[i].End <= offset && _blocks[i].IsDone && !IsAheadOfAStream(_blocks[i]))
                Remove(i);
        }
    }

    public void Drop()
    {
        for (var i = _blocks.Count - 1; i >= 0; i--)
            Remove(i);
    }

    private bool IsAheadOfAStream(ReadBlock block)
    {
        foreach (ref readonly var stream in _streams.AsSpan())
        {
            if (stream.Window > 0 && stream.Next < block.End && stream.Next + (ulong)stream.Window * Limits.ReadAheadBytes >= block.Offset)
                return true;
        }
        return false;
    }

    private void Remove(int index)
    {
        var block = _blocks[index];
        _blocks.RemoveAt(index);
        block.IsDropped = true;
        if (block.IsDone)
            budget.Return(block);
    }

    private struct Stream
    {
        public ulong Next;

        /// <summary>Blocks to keep ahead; 0 until a second read has followed the first.</summary>
        public int Window;
    }
}
