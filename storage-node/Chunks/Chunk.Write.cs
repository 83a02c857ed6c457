using System.Numerics;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Writing: decide (<see cref="BeginWrite"/>), the caller stores the record if that changed, then the bytes (<see cref="Write"/>).</summary>
public sealed unsafe partial class Chunk
{
    /// <summary>
    /// Looks at those blocks of which the range changes a part and whose other bytes have to be right for that: a damaged one answers EIO
    /// before anything is recorded. With <paramref name="adds"/> the blocks that are new start as zeros: what a crash may have left of them in
    /// the file goes before the record names them, and waits where <see cref="WaitsForDisk"/> says so. To be called before a change is begun.
    /// </summary>
    public Errno Prepare(uint offset, uint length, bool adds)
    {
        if (length == 0)
            return Errno.None;
        if (adds && WaitsForLeftovers(offset, length))
        {
            var finished = FinishLeftovers();
            if (finished != Errno.None)
                return finished;
        }

        if (adds && WaitsForTails(offset, length))
        {
            var synced = SyncTails();
            if (synced != Errno.None)
                return synced;
        }

        if (adds)
        {
            var marked = PrepareOverwrite(offset, length);
            if (marked != Errno.None)
                return marked;
        }

        var partial = ChunkBlocks.Touched(offset, length) & ~ChunkBlocks.Covered(offset, length) & Blocks & ~_known;
        if (adds && length <= ChunkLimits.PieceBytes)
            partial &= _accept;
        for (var rest = partial; rest != 0; rest &= rest - 1)
        {
            var error = LoadBlock(BitOperations.TrailingZeroCount(rest));
            if (error != Errno.None)
                return error;
        }

        return adds ? PrepareFresh(ChunkBlocks.Touched(offset, length) & ~Blocks) : Errno.None;
    }

    /// <summary>
    /// What a write of at least one byte, within the chunk, changes in the record. Takes effect in memory at once: a caller that cannot store
    /// the record calls <see cref="TakeBack"/>.
    /// </summary>
    public ChunkChange BeginWrite(uint offset, uint length, byte* source)
    {
        var before = State;
        MarkPieces(offset, length, source);
        var end = offset + length;
        var touched = ChunkBlocks.Touched(offset, length);
        _newBlocks |= touched & ~Blocks;
        Blocks |= touched;
        Dirty |= touched;
        if (end > _limit)
            _limit = (end + ChunkLimits.BlockBytes - 1) & ~(uint)(ChunkLimits.BlockBytes - 1);
        Accounted = AccountedFor(Math.Max(Length, end), Blocks);
        return Changed(before, offset, length);
    }

    private ChunkChange Changed(in ChunkState before, uint offset, uint length)
    {
        var changed = Blocks != before.Blocks || Dirty != before.Dirty || _limit != before.Limit || Accounted != before.Accounted || ArePiecesChanged;
        return new(before, changed, (long)Accounted - before.Accounted, offset, length);
    }

    /// <summary>The record could not be stored: nothing has happened.</summary>
    public void TakeBack(in ChunkChange change)
    {
        Length = change.Before.Length;
        _limit = change.Before.Limit;
        Accounted = change.Before.Accounted;
        Blocks = change.Before.Blocks;
        Dirty = change.Before.Dirty;
        TakeBackPieces();
    }

    /// <summary>
    /// Writes the bytes of a change that is stored. After an error the chunk holds what it held before, except that the bytes of the range
    /// which were there already may be old or new; the record then has to be stored again (see <see cref="RollBack"/>).
    /// </summary>
    public Errno Write(in ChunkChange change, byte* source)
    {
        NoteMarks(change.Before);
        if (change.RecordChanged)
            _recordEpoch = _table.SyncEpoch;

        // Room that is left out would be nobody's.
        if (IsLaidOut && change.OffsetBytes > Length)
            GiveBack();
        var error = UpdateSums(change.OffsetBytes, change.LengthBytes, source);
        if (error == Errno.None)
            error = _table.Store.Write(FileKey, change.OffsetBytes, source, change.LengthBytes);
        var touched = ChunkBlocks.Touched(change.OffsetBytes, change.LengthBytes);
        _writtenSinceSeal |= touched;
        NoteUnsynced(change.OffsetBytes, change.LengthBytes);
        _table.NoteWritten(this, touched);
        if (error != Errno.None)
        {
            // Which bytes reached the file is not known: the sums come from there when they are needed.
            _known &= ~touched;
            _accept |= touched & Dirty;
            return error;
        }

        Length = Math.Max(Length, change.OffsetBytes + change.LengthBytes);
        return Errno.None;
    }

    /// <summary>The record that a write has stored may not be on stable storage.</summary>
    public bool IsRecordPending => _recordEpoch >= _table.DurableEpoch;

    /// <summary>
    /// After a failed write: gives back what it had allocated. The record has to be stored again with the difference of usage that is answered.
    /// </summary>
    public long RollBack(in ChunkChange change)
    {
        var accounted = Accounted;
        Length = change.Before.Length;
        TakeBackPieces();
        var fresh = Blocks & ~change.Before.Blocks;
        if (Release(fresh) && (_leftovers != 0 || _table.Store.Truncate(FileKey, Length) == Errno.None))
        {
            Blocks = change.Before.Blocks;
            Dirty &= Blocks;
            _accept &= Blocks;
            _known &= Blocks;
            RestrictPieces();
            Accounted = change.Before.Accounted;
            ForgetLayOut();
            if (Dirty == 0)
                _limit = Length;
        }

        return (long)Accounted - accounted;
    }

    private bool Release(ulong blocks)
    {
        for (var rest = blocks; rest != 0; rest &= rest - 1)
        {
            var offset = (uint)BitOperations.TrailingZeroCount(rest) * ChunkLimits.BlockBytes;
            if (_table.Store.Punch(FileKey, offset, ChunkLimits.BlockBytes) != Errno.None)
                return false;
        }

        return true;
    }

    private Errno PrepareFresh(ulong fresh)
    {
        if (fresh == 0)
            return Errno.None;
        GrowSums(64 - BitOperations.LeadingZeroCount(fresh));
        ClearSums(fresh);
        _known |= fresh;
        _accept &= ~fresh;
        for (var rest = fresh; rest != 0; rest &= rest - 1)
        {
            var offset = (uint)BitOperations.TrailingZeroCount(rest) * ChunkLimits.BlockBytes;
            if (offset >= Length)
                break;
            var error = _table.Store.Punch(FileKey, offset, ChunkLimits.BlockBytes);
            if (error != Errno.None)
                return error;
        }

        return Errno.None;
    }

    private Errno UpdateSums(uint offset, uint length, byte* source)
    {
        var end = offset + length;
        while (offset < end)
        {
            var block = (int)(offset / ChunkLimits.BlockBytes);
            var inBlock = offset % ChunkLimits.BlockBytes;
            var bytes = Math.Min(end - offset, ChunkLimits.BlockBytes - inBlock);
            var error = UpdateBlock(block, inBlock, bytes, source);
            if (error != Errno.None)
                return error;
            offset += bytes;
            source += bytes;
        }

        return Errno.None;
    }

    private Errno UpdateBlock(int block, uint inBlock, uint bytes, byte* source)
    {
        if (bytes == ChunkLimits.BlockBytes)
        {
            SumPieces(block, source, bytes);
            return Errno.None;
        }

        if ((_known & Bit(block)) == 0)
        {
            // The sum of a clean block follows from the bytes that change alone; a small write need not read the rest.
            if ((_accept & Bit(block)) == 0 && bytes <= ChunkLimits.PieceBytes)
                return UpdateUnknown(block, inBlock, bytes, source);
            var error = LoadBlock(block);
            if (error != Errno.None)
                return error;
        }

        return UpdatePieces(block, inBlock, bytes, source);
    }

    private Errno UpdatePieces(int block, uint inBlock, uint bytes, byte* source)
    {
        while (bytes > 0)
        {
            var piece = (int)(inBlock / ChunkLimits.PieceBytes);
            var inPiece = inBlock % ChunkLimits.PieceBytes;
            var part = Math.Min(bytes, ChunkLimits.PieceBytes - inPiece);
            if (part == ChunkLimits.PieceBytes)
            {
                Piece(block, piece) = Crc32C.SumPiece(source);
            }
            else
            {
                var error = Difference(block, inBlock, part, source, out var difference);
                if (error != Errno.None)
                    return error;
                Piece(block, piece) ^= Crc32C.Shift(difference, (int)(ChunkLimits.PieceBytes - inPiece - part));
            }

            inBlock += part;
            bytes -= part;
            source += part;
        }

        return Errno.None;
    }

    private Errno UpdateUnknown(int block, uint inBlock, uint bytes, byte* source)
    {
        var error = Difference(block, inBlock, bytes, source, out var difference);
        if (error == Errno.None)
            _sums[block * SumsPerBlock] ^= Crc32C.Shift(difference, (int)(ChunkLimits.BlockBytes - inBlock - bytes));
        return error;
    }

    /// <summary>Sum of old ^ new of a range of at most one piece; bytes behind the chunk's end were zeros.</summary>
    private Errno Difference(int block, uint inBlock, uint bytes, byte* source, out uint difference)
    {
        difference = Crc32C.Sum(source, (int)bytes);
        var offset = ((uint)block * ChunkLimits.BlockBytes) + inBlock;
        if (offset >= Length)
            return Errno.None;
        var old = ChunkScratch.Piece;
        var error = _table.Store.Read(FileKey, offset, old, bytes);
        if (offset + bytes > Length)
            new Span<byte>(old + (Length - offset), (int)(offset + bytes - Length)).Clear();
        if (error == Errno.None)
            difference ^= Crc32C.Sum(old, (int)bytes);
        return error;
    }

    /// <summary>Takes the sums of a block from its content, of which the first bytes are given and the rest is zeros.</summary>
    private void SumPieces(int block, byte* data, uint bytes)
    {
        for (var piece = 0; piece < ChunkLimits.PiecesPerBlock; piece++)
        {
            var start = (uint)piece * ChunkLimits.PieceBytes;
            Piece(block, piece) = start + ChunkLimits.PieceBytes <= bytes
                ? Crc32C.SumPiece(data + start)
                : start >= bytes ? 0 : Crc32C.Shift(Crc32C.Sum(data + start, (int)(bytes - start)), (int)(start + ChunkLimits.PieceBytes - bytes));
        }

        _known |= Bit(block);
        _accept &= ~Bit(block);
    }
}
