using System.Numerics;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Bytes that were never synced may be lost with the power. What is lost of bytes that were written for the first time reads as zeros: the file ends before them, or the file system had not come to
/// write them. So the record says of each dirty block in which pieces something other than zeros was written where nothing was before, with the same change that marks the block dirty; a piece that
/// is zeros all the same, when a dirty block is looked at after a crash, is lost: it reads as EIO until it is written again as a whole or cut off. What was overwritten has its old bytes then, and needs no mark.
/// </summary>
public sealed unsafe partial class Chunk
{
    private readonly PieceMasks _first = new();
    private readonly PieceMasks _missing = new();

    /// <summary>Of lost pieces, by where they begin, what was written to them since.</summary>
    private Dictionary<uint, List<(uint From, uint End)>>? _rewritten;

    // Blocks that came into being since the last sync of the chunk, and since the one before that while one is under way.
    private ulong _newBlocks;
    private ulong _newBlocksSyncing;

    /// <summary>Where the last piece ends that was written for the first time, as the record says it.</summary>
    private uint _firstEnd;
    private uint _firstEndBefore;

    /// <summary>Blocks of which pieces are lost.</summary>
    public ulong MissingBlocks => _missing.Blocks;

    /// <summary>With the change that precedes a write: which pieces it writes for the first time, and which marks it makes untrue. True when the record has to say something else.</summary>
    private bool MarkPieces(uint offset, uint length, byte* source)
    {
        KeepPieces();
        MarkTails(offset, length, source);
        for (uint done = 0; done < length;)
        {
            var at = offset + done;
            var inPiece = at % ChunkLimits.PieceBytes;
            var part = Math.Min(length - done, ChunkLimits.PieceBytes - inPiece);
            MarkPiece(at, part, new ReadOnlySpan<byte>(source + done, (int)part).ContainsAnyExcept((byte)0));
            done += part;
        }

        return ArePiecesChanged;
    }

    private bool ArePiecesChanged => _first.IsChanged || _missing.IsChanged || AreTailsChanged;

    private void KeepPieces()
    {
        _first.Keep();
        _missing.Keep();
        _firstEndBefore = _firstEnd;
        _tailsBefore = _tails;
    }

    private void TakeBackPieces()
    {
        _first.TakeBack();
        _missing.TakeBack();
        _firstEnd = _firstEndBefore;
        _tails = _tailsBefore;
        _rewritten = null;
    }

    /// <summary>Blocks that are gone have no pieces.</summary>
    private void RestrictPieces()
    {
        _first.Keep(Blocks);
        _missing.Keep(Blocks);
        RestrictTails(Dirty);
    }

    private void MarkPiece(uint at, uint part, bool hasContent)
    {
        var block = (int)(at / ChunkLimits.BlockBytes);
        var piece = (int)(at % ChunkLimits.BlockBytes / ChunkLimits.PieceBytes);
        var wasMissing = (_missing.Of(block) & (1 << piece)) != 0;
        if (wasMissing && IsWritten(at, part))
            _missing.Clear(block, piece);
        if (!hasContent)
        {
            _first.Clear(block, piece);
            return;
        }

        if ((Blocks & Bit(block)) != 0 && AlignDown(at) < Length && !wasMissing && !IsNewHole(block, piece))
            return;
        _first.Set(block, piece);
        _firstEnd = Math.Max(_firstEnd, at + part);
    }

    /// <summary>True when a lost piece is written as a whole with this, perhaps in parts, in any order: a transfer may end anywhere, and what a client sends again comes as it was written.</summary>
    private bool IsWritten(uint at, uint part)
    {
        var piece = AlignDown(at);
        var (from, end) = (at, at + part);
        _rewritten ??= [];
        if (!_rewritten.TryGetValue(piece, out var parts))
            _rewritten.Add(piece, parts = []);
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            if (from > parts[i].End || parts[i].From > end)
                continue;
            (from, end) = (Math.Min(from, parts[i].From), Math.Max(end, parts[i].End));
            parts.RemoveAt(i);
        }

        parts.Add((from, end));
        return from == piece && (end == piece + ChunkLimits.PieceBytes || end >= Length);
    }

    /// <summary>The block is not on the disk for certain, and nothing was written to the piece yet: parts of a block may arrive in another order than that in which they were written.</summary>
    private bool IsNewHole(int block, int piece) => ((_newBlocks | _newBlocksSyncing) & _known & Bit(block)) != 0 && Piece(block, piece) == 0;

    /// <summary>Zeros are written or the range goes: nothing is expected there, and pieces of which nothing is left are not lost any more.</summary>
    private void ForgetPieces(uint offset, uint end)
    {
        if (end >= Length)
            _firstEnd = Math.Min(_firstEnd, offset);
        ClearTails(offset, end);
        _rewritten = null;
        if (_first.Blocks == 0 && _missing.Blocks == 0)
            return;
        for (var at = AlignDown(offset); at < end; at += ChunkLimits.PieceBytes)
        {
            var block = (int)(at / ChunkLimits.BlockBytes);
            var piece = (int)(at % ChunkLimits.BlockBytes / ChunkLimits.PieceBytes);
            _first.Clear(block, piece);
            if (at >= offset && (at + ChunkLimits.PieceBytes <= end || end >= Length))
                _missing.Clear(block, piece);
        }
    }

    /// <summary>A block that was dirty at a crash, with the sums of its pieces as the file has them.</summary>
    private void FindMissing(int block)
    {
        var expected = _table.BytesMayBeLost ? _first.Of(block) : 0;
        var gone = 0;
        for (var rest = expected; rest != 0; rest &= rest - 1)
        {
            var piece = BitOperations.TrailingZeroCount((uint)rest);
            if (Piece(block, piece) == 0)
                gone |= 1 << piece;
        }

        if (gone == 0)
            return;
        for (var rest = gone; rest != 0; rest &= rest - 1)
        {
            var piece = BitOperations.TrailingZeroCount((uint)rest);
            _missing.Set(block, piece);
            _first.Clear(block, piece);
        }

        _table.NoteMissing(Key, block, BitOperations.PopCount((uint)gone), IsDoomed);
    }

    private bool IsMissing(int block, uint inBlock, uint bytes)
    {
        if ((_missing.Blocks & Bit(block)) == 0)
            return false;
        var first = (int)(inBlock / ChunkLimits.PieceBytes);
        var pieces = (int)(bytes / ChunkLimits.PieceBytes);
        return (_missing.Of(block) & (((1 << pieces) - 1) << first)) != 0;
    }
}
