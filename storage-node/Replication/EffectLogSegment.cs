using System.Buffers;

namespace SealFs.StorageNode.Replication;

/// <summary>A piece of an effect log: whole entries, from a position on.</summary>
internal sealed class EffectLogSegment(ulong first, int capacity)
{
    private readonly byte[] _memory = ArrayPool<byte>.Shared.Rent(capacity);

    public ulong First => first;

    public int Count { get; private set; }

    public int Length { get; private set; }

    public ulong End => first + (ulong)Count;

    public int Room => _memory.Length - Length;

    public ReadOnlySpan<byte> Bytes => _memory.AsSpan(0, Length);

    /// <summary>Room for one more entry, to be filled by the caller.</summary>
    public Span<byte> Add(int bytes)
    {
        var room = _memory.AsSpan(Length, bytes);
        Length += bytes;
        Count++;
        return room;
    }

    public void Return() => ArrayPool<byte>.Shared.Return(_memory);
}
