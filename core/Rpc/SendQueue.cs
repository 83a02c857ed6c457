using System.Runtime.CompilerServices;

namespace SealFs.Core.Rpc;

/// <summary>
/// Bytes on their way to a socket, as segments of native memory. Not thread-safe: its owner's lock guards it. A sender may be reading
/// the front, without the lock, through vectors it took before: what is queued never moves, and appending only writes behind it.
/// </summary>
internal sealed unsafe class SendQueue : IDisposable
{
    private Segment[] _segments = new Segment[8];
    private int _first;
    private int _count;

    /// <summary>Bytes not yet consumed.</summary>
    public long QueuedBytes { get; private set; }

    private ref Segment Last => ref _segments[(_first + _count - 1) & (_segments.Length - 1)];

    /// <summary>Contiguous room at the end; becomes part of the queue with <see cref="Commit"/>.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (_count == 0 || Last.Room < bytes)
            Add(new Segment(RpcBuffer.Rent(Math.Max(bytes, RpcLimits.SendSegmentBytes)), owned: true));
        ref var last = ref Last;
        return new Span<byte>(last.Pointer + last.End, bytes);
    }

    public void Commit(int bytes)
    {
        Last.End += bytes;
        QueuedBytes += bytes;
    }

    /// <summary>Copies bytes to the end.</summary>
    public void Append(byte* source, int bytes)
    {
        if (bytes == 0)
            return;
        Unsafe.CopyBlockUnaligned(ref Reserve(bytes)[0], ref *source, (uint)bytes);
        Commit(bytes);
    }

    /// <summary>Takes over the caller's reference to a buffer and sends its content without a copy.</summary>
    public void AppendBuffer(RpcBuffer buffer)
    {
        var segment = new Segment(buffer, owned: false) { Begin = buffer.Start, End = buffer.Start + buffer.Length };
        Add(segment);
        QueuedBytes += buffer.Length;
    }

    /// <summary>Borrows memory; <see cref="CopyBorrowed"/> must come before the lender goes on.</summary>
    public void AppendBorrowed(byte* source, int bytes)
    {
        if (bytes == 0)
            return;
        Add(new Segment(source, bytes));
        QueuedBytes += bytes;
    }

    /// <summary>Replaces what is still borrowed by copies.</summary>
    public void CopyBorrowed()
    {
        for (var index = 0; index < _count; index++)
        {
            ref var segment = ref _segments[(_first + index) & (_segments.Length - 1)];
            if (segment.Buffer is not null)
                continue;
            var bytes = segment.End - segment.Begin;
            var copy = RpcBuffer.Rent(bytes);
            Unsafe.CopyBlockUnaligned(copy.Address, segment.Pointer + segment.Begin, (uint)bytes);
            segment = new Segment(copy, owned: false) { Begin = 0, End = bytes };
        }
    }

    /// <summary>Describes the front of the queue; returns how many vectors were filled.</summary>
    public int Fill(Libc.IoVector* vectors, int capacity)
    {
        var filled = 0;
        for (var index = 0; index < _count && filled < capacity; index++)
        {
            ref var segment = ref _segments[(_first + index) & (_segments.Length - 1)];
            if (segment.End == segment.Begin)
                continue;
            vectors[filled].Base = segment.Pointer + segment.Begin;
            vectors[filled++].Length = (nuint)(segment.End - segment.Begin);
        }

        return filled;
    }

    /// <summary>Drops sent bytes from the front. Only the sender calls this: nobody reads the memory that becomes free.</summary>
    public void Consume(long bytes)
    {
        QueuedBytes -= bytes;
        while (_count > 0)
        {
            ref var segment = ref _segments[_first];
            var taken = (int)Math.Min(bytes, segment.End - segment.Begin);
            segment.Begin += taken;
            bytes -= taken;
            if (segment.Begin < segment.End)
                return;
            if (_count == 1 && segment.Owned && segment.Buffer!.Capacity == RpcLimits.SendSegmentBytes)
            {
                segment.Begin = segment.End = 0;
                return;
            }

            RemoveFirst();
        }
    }

    public void Dispose()
    {
        while (_count > 0)
            RemoveFirst();
        QueuedBytes = 0;
    }

    private void RemoveFirst()
    {
        _segments[_first].Buffer?.Dispose();
        _segments[_first] = default;
        _first = (_first + 1) & (_segments.Length - 1);
        _count--;
    }

    private void Add(Segment segment)
    {
        if (_count == _segments.Length)
        {
            var grown = new Segment[_count * 2];
            for (var index = 0; index < _count; index++)
                grown[index] = _segments[(_first + index) & (_segments.Length - 1)];
            _segments = grown;
            _first = 0;
        }

        _count++;
        Last = segment;
    }

    private struct Segment
    {
        public readonly RpcBuffer? Buffer;
        public readonly byte* Pointer;

        /// <summary>The queue may append to it.</summary>
        public readonly bool Owned;
        public int Begin;
        public int End;

        public Segment(RpcBuffer buffer, bool owned)
        {
            Buffer = buffer;
            Pointer = buffer.Address;
            Owned = owned;
        }

        public Segment(byte* borrowed, int bytes)
        {
            Pointer = borrowed;
            End = bytes;
        }

        public readonly int Room => Owned ? Buffer!.Capacity - End : 0;
    }
}
