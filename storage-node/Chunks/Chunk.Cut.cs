using System.Numerics;
using System.Runtime.InteropServices;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Taking bytes away: as with a write, first the record (blocks that go are named no more, blocks that change are dirty), then the file: not before the record is on
/// stable storage. Within blocks that stay, zeros are written as any other bytes. A crash between leaves bytes that the record calls meaningless.
/// </summary>
public sealed unsafe partial class Chunk
{
    /// <summary>Nothing is left from the offset on.</summary>
    public ChunkChange BeginTruncate(uint length)
    {
        var before = State;
        KeepPieces();
        if (length >= _limit && length >= Length)
            return Changed(before, length, 0);
        ForgetPieces(length, Math.Max(_limit, Length));
        CutTails(length);
        Blocks &= length == 0 ? 0 : ChunkBlocks.Through((int)((length - 1) / ChunkLimits.BlockBytes));
        if (length % ChunkLimits.BlockBytes != 0 && length < Length)
            Dirty |= Blocks & Bit((int)(length / ChunkLimits.BlockBytes));
        Dirty &= Blocks;
        RestrictPieces();
        _limit = Math.Min(_limit, length);
        Accounted = AccountedFor(Math.Min(Length, length), Blocks);
        return Changed(before, length, 0);
    }

    public Errno Truncate(in ChunkChange change)
    {
        NoteMarks(change.Before);
        var length = change.OffsetBytes;
        if (length >= Length)
            return Errno.None;
        var tail = (int)(length / ChunkLimits.BlockBytes);
        var tailBytes = length % ChunkLimits.BlockBytes;
        var error = Errno.None;
        if (tailBytes != 0 && (Blocks & Bit(tail)) != 0)
            error = ZeroInBlock(tail, tailBytes, ChunkLimits.BlockBytes - tailBytes);
        _known &= Blocks;
        _accept &= Blocks;
        _writtenSinceSeal |= Blocks & Bit(tail);
        NoteUnsyncedBlocks(Blocks & Bit(tail));
        DropGoneLosses();
        _table.NoteWritten(this, Blocks & Bit(tail));
        if (error != Errno.None)
        {
            _known &= ~(Blocks & Bit(tail));
            _accept |= Blocks & Bit(tail);
            return error;
        }

        var gone = ChunkBlocks.Touched(length, Length - length);
        Length = length;
        ForgetLayOut();
        _endAtSync = length;
        EndDurable(length);
        Leave(gone);
        return Errno.None;
    }

    /// <summary>The range reads as zeros; whole blocks of it are holes afterwards.</summary>
    public ChunkChange BeginPunch(uint offset, uint length)
    {
        var before = State;
        KeepPieces();
        length = Math.Min(length, Math.Max(Length, offset) - offset);
        if (length == 0)
            return Changed(before, offset, 0);
        ForgetPieces(offset, offset + length);
        var gone = ChunkBlocks.Covered(offset, length);
        if (offset + length >= Length)
            gone |= ChunkBlocks.From(ChunkBlocks.CountFor(offset));
        Blocks &= ~gone;
        Dirty = (Dirty | ChunkBlocks.Touched(offset, length)) & Blocks;
        RestrictPieces();
        Accounted = AccountedFor(Length, Blocks);
        return Changed(before, offset, length);
    }

    public Errno Punch(in ChunkChange change)
    {
        if (change.LengthBytes == 0)
            return Errno.None;
        NoteMarks(change.Before);
        var changed = ChunkBlocks.Touched(change.OffsetBytes, change.LengthBytes) & Blocks;
        var error = ZeroTouched(changed, change.OffsetBytes, change.LengthBytes);
        Leave(change.Before.Blocks & ~Blocks);
        return AfterZeroing(changed, changed, error);
    }

    /// <summary>
    /// The range reads as zeros and its blocks hold room: fallocate(2) with FALLOC_FL_ZERO_RANGE. With <paramref name="keep"/> what is there
    /// stays, and only room is reserved.
    /// </summary>
    public ChunkChange BeginAllocate(uint offset, uint length, bool keep)
    {
        var before = State;
        var touched = ChunkBlocks.Touched(offset, length);
        var end = offset + length;
        KeepPieces();
        if (!keep)
            ForgetPieces(offset, end);
        if (!keep)
            Dirty |= touched & Blocks;
        Blocks |= touched;
        if (end > _limit)
            _limit = end;
        Accounted = AccountedFor(Math.Max(Length, end), Blocks);
        return Changed(before, offset, length);
    }

    public Errno Allocate(in ChunkChange change, bool keep)
    {
        NoteMarks(change.Before);
        if (IsLaidOut && change.OffsetBytes > Length)
            GiveBack();
        var error = Errno.None;
        var changed = keep ? 0 : ChunkBlocks.Touched(change.OffsetBytes, change.LengthBytes) & change.Before.Blocks;
        var inside = Math.Min(change.LengthBytes, Math.Max(Length, change.OffsetBytes) - change.OffsetBytes);
        if (changed != 0 && inside != 0)
        {
            error = ZeroTouched(changed & ChunkBlocks.Touched(change.OffsetBytes, inside), change.OffsetBytes, inside);
        }

        if (error == Errno.None)
            error = _table.Store.Allocate(FileKey, change.OffsetBytes, change.LengthBytes);
        error = AfterZeroing(changed, ChunkBlocks.Touched(change.OffsetBytes, change.LengthBytes), error);
        if (error == Errno.None)
            Length = Math.Max(Length, change.OffsetBytes + change.LengthBytes);
        return error;
    }

    /// <summary>The chunk is gone: the caller has deleted the record.</summary>
    public void Remove()
    {
        Blocks = Dirty = _known = _accept = _writtenSinceSeal = 0;
        Length = _limit = Accounted = 0;
        _first.Clear();
        _missing.Clear();
        _firstEnd = 0;
        _tails = [];
        EndDurable(0);
        ForgetLayOut();
        ForgetUnsynced();
        _endAtSync = 0;
        Leave(ulong.MaxValue);
    }

    /// <param name="changed">Blocks whose bytes may be others than before.</param>
    /// <param name="told">Those, and the ones that are new.</param>
    /// <param name="error">How it went.</param>
    private Errno AfterZeroing(ulong changed, ulong told, Errno error)
    {
        _known &= Blocks;
        _accept &= Blocks;
        _writtenSinceSeal |= changed;
        NoteUnsyncedBlocks(told & Blocks);
        DropGoneLosses();
        _table.NoteWritten(this, told);
        if (error == Errno.None)
            return Errno.None;
        _known &= ~changed;
        _accept |= changed;
        return error;
    }

    /// <summary>Writes zeros over the part of the range that lies in these blocks.</summary>
    private Errno ZeroTouched(ulong blocks, uint offset, uint length)
    {
        for (var rest = blocks; rest != 0; rest &= rest - 1)
        {
            var block = BitOperations.TrailingZeroCount(rest);
            var start = (uint)block * ChunkLimits.BlockBytes;
            var from = Math.Max(offset, start) - start;
            var to = Math.Min(offset + length, start + ChunkLimits.BlockBytes) - start;
            var error = ZeroInBlock(block, from, to - from);
            if (error == Errno.None)
                error = _table.Store.Write(FileKey, start + from, s_zeros, to - from);
            if (error != Errno.None)
                return error;
        }

        return Errno.None;
    }

    /// <summary>Brings the sums of a block to what they are when the range in it is zeros.</summary>
    private Errno ZeroInBlock(int block, uint inBlock, uint bytes)
    {
        if (bytes < ChunkLimits.BlockBytes && (_known & Bit(block)) == 0)
        {
            var error = LoadBlock(block);
            if (error != Errno.None)
                return error;
        }

        if (bytes == ChunkLimits.BlockBytes)
        {
            ClearSums(Bit(block));
            _known |= Bit(block);
            _accept &= ~Bit(block);
            return Errno.None;
        }

        return UpdatePieces(block, inBlock, bytes, s_zeros);
    }

    private static readonly byte* s_zeros = (byte*)NativeMemory.AllocZeroed(ChunkLimits.BlockBytes);
}
