using System.Buffers.Binary;
using System.Numerics;

namespace SealFs.StorageNode.Chunks;

/// <summary>A bit for each piece of a chunk's blocks: sixteen for a block. Most chunks have none set, and then no memory is used.</summary>
internal sealed class PieceMasks
{
    private ushort[]? _masks;
    private ushort[]? _before;
    private ulong _blocksBefore;

    /// <summary>Blocks with a bit set.</summary>
    public ulong Blocks { get; private set; }

    public bool IsChanged { get; private set; }

    public int Of(int block) => (Blocks & (1UL << block)) == 0 ? 0 : _masks![block];

    /// <summary>Remembers how things are, for <see cref="TakeBack"/>.</summary>
    public void Keep()
    {
        IsChanged = false;
        _blocksBefore = Blocks;
        if (Blocks == 0)
            return;
        _before ??= new ushort[ChunkLimits.MaxBlocks];
        _masks!.CopyTo(_before, 0);
    }

    public void TakeBack()
    {
        Blocks = _blocksBefore;
        if (Blocks != 0)
            _before!.CopyTo(_masks!, 0);
    }

    public void Set(int block, int piece)
    {
        _masks ??= new ushort[ChunkLimits.MaxBlocks];
        var mask = Of(block) | (1 << piece);
        IsChanged |= mask != Of(block);
        _masks[block] = (ushort)mask;
        Blocks |= 1UL << block;
    }

    public void Clear(int block, int piece)
    {
        var mask = Of(block);
        if ((mask & (1 << piece)) == 0)
            return;
        IsChanged = true;
        mask &= ~(1 << piece);
        _masks![block] = (ushort)mask;
        if (mask == 0)
            Blocks &= ~(1UL << block);
    }

    public void Keep(ulong blocks)
    {
        IsChanged |= (Blocks & ~blocks) != 0;
        Blocks &= blocks;
    }

    public void Clear() => Blocks = 0;

    /// <summary>Two bytes for each of these blocks.</summary>
    public int Write(Span<byte> target, ulong blocks)
    {
        var position = 0;
        for (var rest = blocks; rest != 0; rest &= rest - 1, position += 2)
            BinaryPrimitives.WriteUInt16LittleEndian(target[position..], (ushort)Of(BitOperations.TrailingZeroCount(rest)));
        return position;
    }

    public void Read(ReadOnlySpan<byte> source, ulong blocks)
    {
        Blocks = 0;
        for (var rest = blocks; rest != 0; rest &= rest - 1, source = source[2..])
        {
            var block = BitOperations.TrailingZeroCount(rest);
            var mask = BinaryPrimitives.ReadUInt16LittleEndian(source);
            if (mask == 0)
                continue;
            _masks ??= new ushort[ChunkLimits.MaxBlocks];
            _masks[block] = mask;
            Blocks |= 1UL << block;
        }
    }
}
