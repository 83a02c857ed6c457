using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Reading: nothing leaves that does not agree with its sum.</summary>
public sealed unsafe partial class Chunk
{
    /// <summary>Where a read that wants this offset should start: sums are checked piece by piece.</summary>
    public static uint AlignDown(uint offset) => offset & ~(uint)(ChunkLimits.PieceBytes - 1);

    public static uint AlignUp(uint offset) => (offset + ChunkLimits.PieceBytes - 1) & ~(uint)(ChunkLimits.PieceBytes - 1);

    /// <summary>
    /// Reads whole pieces: offset and length are multiples of 4 KiB, the target has room for all of them. What lies behind the end of the
    /// data is zeros. EIO when a sum does not agree; the target's content is then not to be used. Unless it may wait: EAGAIN where the disk has to be waited for.
    /// </summary>
    public Errno Read(uint offset, byte* target, uint length, bool mayWait = true)
    {
        var error = ReadStored(offset, target, length, mayWait);
        if (error != Errno.None)
            return error;
        var end = offset + length;
        while (offset < end)
        {
            var block = (int)(offset / ChunkLimits.BlockBytes);
            var inBlock = offset % ChunkLimits.BlockBytes;
            var bytes = Math.Min(end - offset, ChunkLimits.BlockBytes - inBlock);
            error = VerifyRead(block, inBlock, target, bytes);
            if (error != Errno.None)
                return error;
            if (IsMissing(block, inBlock, bytes))
                return Errno.EIO;
            offset += bytes;
            target += bytes;
        }

        return Errno.None;
    }

    /// <summary>What the file has of the range; the rest is zeros. A first look at part of a block has to read all of it, which is left to those who may wait.</summary>
    private Errno ReadStored(uint offset, byte* target, uint length, bool mayWait)
    {
        var partial = ChunkBlocks.Touched(offset, length) & ~ChunkBlocks.Covered(offset, length);
        if (!mayWait && (partial & Blocks & ~_known) != 0)
            return Errno.EAGAIN;
        var stored = Math.Min(length, Length - Math.Min(Length, offset));
        new Span<byte>(target + stored, (int)(length - stored)).Clear();
        if (stored == 0)
            return Errno.None;
        return mayWait ? _table.Store.Read(FileKey, offset, target, stored) : _table.Store.ReadNow(FileKey, offset, target, stored);
    }

    private Errno VerifyRead(int block, uint inBlock, byte* data, uint bytes)
    {
        if ((Blocks & Bit(block)) == 0)
        {
            new Span<byte>(data, (int)bytes).Clear();
            return Errno.None;
        }

        if ((_known & Bit(block)) == 0)
        {
            if (bytes == ChunkLimits.BlockBytes)
                return TakeBlock(block, data);

            // A first look at part of a block: check all of it once, then its pieces are known.
            var error = LoadBlock(block);
            if (error != Errno.None)
                return error;
        }

        var piece = (int)(inBlock / ChunkLimits.PieceBytes);
        for (uint done = 0; done < bytes; done += ChunkLimits.PieceBytes, piece++)
        {
            if (Crc32C.SumPiece(data + done) != Piece(block, piece))
                return Mismatch(block);
        }

        return Errno.None;
    }

    /// <summary>Checks a whole block from the file, or accepts it, and knows its pieces from then on.</summary>
    private Errno LoadBlock(int block)
    {
        var scratch = ChunkScratch.Block;
        var error = ReadBlock(block, scratch);
        return error == Errno.None ? TakeBlock(block, scratch) : error;
    }

    /// <summary>A block from the file, without what may be left there behind the end.</summary>
    private Errno ReadBlock(int block, byte* target)
    {
        var start = (uint)block * ChunkLimits.BlockBytes;
        var error = _table.Store.Read(FileKey, start, target, ChunkLimits.BlockBytes);
        var inside = Length <= start ? 0 : Math.Min(Length - start, ChunkLimits.BlockBytes);
        new Span<byte>(target + inside, (int)(ChunkLimits.BlockBytes - inside)).Clear();
        return error;
    }

    private Errno TakeBlock(int block, byte* data)
    {
        var accepted = (_accept & Bit(block)) != 0;
        var expected = _sums[block * SumsPerBlock];
        SumPieces(block, data, ChunkLimits.BlockBytes);
        if (accepted)
            FindMissing(block);
        if (accepted || Crc32C.Combine(Pieces(block)) == expected)
            return Errno.None;
        _known &= ~Bit(block);
        return Mismatch(block);
    }

    private Errno Mismatch(int block)
    {
        _table.NoteMismatch(Key, block, IsDoomed);
        return Errno.EIO;
    }

    /// <summary>Checks every block against its sum, from the file. The blocks that do not agree, as a mask; an error when others could not be read.</summary>
    public Errno Verify(out ulong damaged)
    {
        damaged = 0;
        var unread = Errno.None;
        for (var block = 0; block < ChunkLimits.MaxBlocks; block++)
        {
            if ((Blocks & Bit(block)) == 0)
                continue;
            var scratch = ChunkScratch.Block;
            var error = ReadBlock(block, scratch);
            if (error == Errno.None)
                error = (_known & Bit(block)) != 0 ? VerifyRead(block, 0, scratch, ChunkLimits.BlockBytes) : TakeBlock(block, scratch);
            if (error == Errno.EIO)
                damaged |= Bit(block);
            else if (error != Errno.None)
                unread = error;
        }

        return unread;
    }
}
