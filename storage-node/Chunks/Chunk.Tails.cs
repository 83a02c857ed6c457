using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Bytes that are appended inside a piece of 4 KiB: those before them may have been synced, so that the piece as a whole must not be given up when the new ones are lost with the power, and the size, which is in the
/// log, may say that they are there. So the record has them too, with the change that precedes them, until they are known to be on the disk; when the chunk is loaded they are written into its file. What the
/// record has is what the file has there or is about to have: every other change of these bytes changes the record as well.
/// </summary>
public sealed unsafe partial class Chunk
{
    private const int MostTails = ChunkLimits.Tails;

    // Replaced, never changed: what is taken back is the array of before.
    private ChunkTail[] _tails = [];
    private ChunkTail[] _tailsBefore = [];

    /// <summary>What lies before is on stable storage, bytes.</summary>
    private uint _durableEnd;
    private uint _syncingEnd;

    /// <summary>True when a write of this range waits for a sync of the chunk first: the record has no room for more bytes.</summary>
    public bool WaitsForTails(uint offset, uint length) =>
        _tails.Length >= MostTails && IsInsidePiece(offset, length) && TailOf(AlignDown(Length)) is null && CountUnsynced() >= MostTails;

    private bool AreTailsChanged => !ReferenceEquals(_tails, _tailsBefore);

    /// <summary>The range makes the chunk longer, and begins in the piece in which it ends.</summary>
    private bool IsInsidePiece(uint offset, uint length) => offset + length > Length && Length % ChunkLimits.PieceBytes != 0 && offset < AlignUp(Length);

    private int CountUnsynced()
    {
        var count = 0;
        foreach (var tail in _tails)
            count += tail.End > _durableEnd ? 1 : 0;
        return count;
    }

    private ChunkTail? TailOf(uint piece)
    {
        foreach (var tail in _tails)
        {
            if (AlignDown(tail.Start) == piece)
                return tail;
        }

        return null;
    }

    /// <summary>Entered: makes room for one more in the record.</summary>
    private Errno SyncTails()
    {
        var error = _table.Store.Sync(FileKey);
        if (error == Errno.None)
        {
            _durableEnd = Length;
            _newBlocks = 0;
            return Errno.None;
        }

        if (Lose(_unsynced))
            _table.NoteSyncFailed(error, Key);
        return error;
    }

    /// <summary>With the change that precedes a write.</summary>
    private void MarkTails(uint offset, uint length, byte* source)
    {
        if (_tails.Length != 0)
            Overwrite(offset, length, source);
        var piece = AlignDown(Length);
        if (!IsInsidePiece(offset, length) || (Blocks & Bit((int)(piece / ChunkLimits.BlockBytes))) == 0 || IsMissing(piece))
            return;
        var start = Math.Max(offset, Length);
        var end = Math.Min(offset + length, piece + ChunkLimits.PieceBytes);
        var written = new ReadOnlySpan<byte>(source, (int)(end - offset));
        if (TailOf(piece) is { } tail && tail.End > _durableEnd && tail.End == Length)
            Replace(tail, Joined(tail.Start, tail.Bytes, offset, written));
        else if (written[(int)(start - offset)..].ContainsAnyExcept((byte)0))
            Add(piece, offset, written);
    }

    private bool IsMissing(uint piece) =>
        (_missing.Of((int)(piece / ChunkLimits.BlockBytes)) & (1 << (int)(piece % ChunkLimits.BlockBytes / ChunkLimits.PieceBytes))) != 0;

    /// <summary>Where all of the piece may be lost, the record has all of it: then it is not taken for lost because the rest is zeros.</summary>
    private void Add(uint piece, uint offset, ReadOnlySpan<byte> written)
    {
        var old = TailOf(piece);
        _tails = [.. _tails.Where(tail => tail.End > _durableEnd && tail != old)];
        var isNew = (_first.Of((int)(piece / ChunkLimits.BlockBytes)) & (1 << (int)(piece % ChunkLimits.BlockBytes / ChunkLimits.PieceBytes))) != 0;
        var start = Math.Max(offset, Length);
        var from = _durableEnd >= Length ? start : isNew ? piece : old?.Start ?? start;
        var before = new byte[Math.Max(from, Length) - from];
        fixed (byte* target = before)
        {
            if (before.Length != 0 && _table.Store.Read(FileKey, from, target, (uint)before.Length) != Errno.None)
                (before, from) = ([], start);
        }

        // A caller who did not wait as told leaves out the oldest.
        _tails = [.. _tails.Skip(Math.Max(0, _tails.Length - MostTails + 1)), Joined(from, before, offset, written)];
    }

    /// <summary>Bytes from a place on, and what is written over or behind them.</summary>
    private static ChunkTail Joined(uint from, byte[] bytes, uint offset, ReadOnlySpan<byte> written)
    {
        var joined = new byte[offset + (uint)written.Length - from];
        bytes.CopyTo(joined, 0);
        var skipped = (int)(Math.Max(from, offset) - offset);
        written[skipped..].CopyTo(joined.AsSpan((int)(offset + (uint)skipped - from)));
        return new ChunkTail(from, joined);
    }

    /// <summary>Bytes that the record has are written over: it has the new ones, or none when the file had the old ones for certain.</summary>
    private void Overwrite(uint offset, uint length, byte* source)
    {
        foreach (var tail in _tails)
        {
            var from = Math.Max(offset, tail.Start);
            var to = Math.Min(offset + length, tail.End);
            if (from >= to)
                continue;
            if (tail.End <= _durableEnd)
            {
                Replace(tail, null);
                continue;
            }

            var bytes = tail.Bytes.AsSpan().ToArray();
            new ReadOnlySpan<byte>(source + (from - offset), (int)(to - from)).CopyTo(bytes.AsSpan((int)(from - tail.Start)));
            Replace(tail, new ChunkTail(tail.Start, bytes));
        }
    }

    private void Replace(ChunkTail old, ChunkTail? other) =>
        _tails = other is null ? [.. _tails.Where(tail => tail != old)] : [.. _tails.Select(tail => tail == old ? other : tail)];

    /// <summary>The range is zeros.</summary>
    private void ClearTails(uint offset, uint end)
    {
        foreach (var tail in _tails)
        {
            var from = Math.Max(offset, tail.Start);
            var to = Math.Min(end, tail.End);
            if (from >= to)
                continue;
            var bytes = tail.Bytes.AsSpan().ToArray();
            bytes.AsSpan((int)(from - tail.Start), (int)(to - from)).Clear();
            Replace(tail, new ChunkTail(tail.Start, bytes));
        }
    }

    /// <summary>The chunk ends here.</summary>
    private void CutTails(uint length)
    {
        foreach (var tail in _tails)
        {
            if (tail.End > length)
                Replace(tail, tail.Start >= length ? null : new ChunkTail(tail.Start, tail.Bytes[..(int)(length - tail.Start)]));
        }
    }

    /// <summary>Blocks that are gone, or clean, have none.</summary>
    private void RestrictTails(ulong blocks)
    {
        if (_tails.Any(tail => (blocks & Bit((int)(tail.Start / ChunkLimits.BlockBytes))) == 0))
            _tails = [.. _tails.Where(tail => (blocks & Bit((int)(tail.Start / ChunkLimits.BlockBytes))) != 0)];
    }

    /// <summary>The chunk ends here now, and what comes behind will be new.</summary>
    private void EndDurable(uint length)
    {
        _durableEnd = Math.Min(_durableEnd, length);
        _syncingEnd = Math.Min(_syncingEnd, length);
    }

    private Errno LoadTails(scoped in ChunkRecord record)
    {
        _durableEnd = _syncingEnd = 0;
        _newBlocks = _newBlocksSyncing = 0;
        _rewritten = null;
        _tails = _tailsBefore = ChunkTail.Read(record.Tails);
        foreach (var tail in _tails)
        {
            var error = WriteMissing(tail);
            if (error != Errno.None)
                return error;
        }

        return Errno.None;
    }

    /// <summary>What the file has is not written: a full disk can be read.</summary>
    private Errno WriteMissing(ChunkTail tail)
    {
        var found = ChunkScratch.Piece;
        var length = (uint)tail.Bytes.Length;
        var error = _table.Store.Read(FileKey, tail.Start, found, length);
        if (error != Errno.None || tail.Bytes.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(found, (int)length)))
            return error;
        fixed (byte* bytes = tail.Bytes)
            return _table.Store.Write(FileKey, tail.Start, bytes, length);
    }
}
