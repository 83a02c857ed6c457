using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Room behind the data of a chunk that grows by small synced appends, as the log of a database does. A sync after the file has grown waits for a commit of the local file
/// system's journal; one after writing over blocks that are there waits for the data alone, which takes a quarter of the time. So a sync that has to wait for the journal
/// anyway writes zeros behind the data, and those that follow need it no more. Reserving the room, fallocate(2), would not do: what becomes written for the first time is in the
/// journal as well.
/// <para>
/// Nothing knows of this room but the chunk in memory: it lies behind <see cref="Length"/>, holds zeros as what is missing would, and is in no record and no counter. The
/// sealer gives it back when the appends have stopped; after a crash it is cut when the chunk is loaded, like everything behind the end.
/// </para>
/// </summary>
public sealed unsafe partial class Chunk
{
    private uint _laidOutEnd;
    private uint _laidOutBytes;
    private uint _layOutNext;
    private uint _endAtSync;
    private int _appends;

    /// <summary>The file is longer than its data.</summary>
    internal bool IsLaidOut => _laidOutEnd > Length;

    /// <summary>Before a sync that a caller waits for, entered: lays out more room if the appends since the last one are of the kind that needs it.</summary>
    /// <param name="chunkBytes">What a chunk of this volume holds at most.</param>
    internal void LayOut(uint chunkBytes)
    {
        var grown = Length - Math.Min(Length, _endAtSync);
        _endAtSync = Length;
        if (grown == 0)
            return;
        if (grown > ChunkLimits.AppendBytes)
        {
            _appends = 0;
            return;
        }

        if (_appends < ChunkLimits.AppendsBeforeLayOut)
        {
            _appends++;
            return;
        }

        // Inside the room that is there the sync waits for no journal; behind it, it does anyway.
        if (Length <= _laidOutEnd || IsDoomed || _leftovers != 0)
            return;
        _layOutNext = Math.Clamp(_layOutNext * 2, ChunkLimits.FirstLayOutBytes, ChunkLimits.LastLayOutBytes);
        var end = Math.Min(RoundUp(Length + _layOutNext), chunkBytes);
        if (end > Length && IsServed && _table.TryLayOut(_laidOutBytes, end - Length))
            WriteZeros(end);
    }

    private static uint RoundUp(uint offset) => (offset + ChunkLimits.BlockBytes - 1) & ~(uint)(ChunkLimits.BlockBytes - 1);

    private void WriteZeros(uint end)
    {
        _laidOutEnd = end;
        _laidOutBytes = end - Length;
        for (var at = Length; at < end;)
        {
            var bytes = Math.Min(end - at, ChunkLimits.BlockBytes);
            if (_table.Store.Write(FileKey, at, s_zeros, bytes) != Errno.None)
            {
                // A full disk, most likely: what was taken of it goes back, and appending goes on as it did.
                GiveBack();
                return;
            }

            at += bytes;
        }
    }

    /// <summary>Entered: the file ends with its data again. Those who come back to append have to show first that they go on.</summary>
    internal void GiveBack()
    {
        // What a learner has taken over is not touched: whoever serves it next cuts it.
        if (IsLaidOut && !IsDoomed && _leftovers == 0 && IsServed && _table.Store.Truncate(FileKey, Length) != Errno.None)
            return;
        ForgetLayOut();
    }

    /// <summary>The file ends with its data, or is another's.</summary>
    private void ForgetLayOut()
    {
        if (_laidOutBytes != 0)
            _table.ReturnLaidOut(_laidOutBytes);
        _laidOutEnd = _laidOutBytes = _layOutNext = 0;
        _appends = 0;
    }

    private bool IsServed
    {
        get
        {
            Span<byte> record = stackalloc byte[ChunkRecord.MaxBytes];
            return _table.Records.Read(Key, record) >= 0;
        }
    }

    /// <summary>
    /// Where the data end in a file that a crash left with a dirty tail and perhaps with room behind it: not behind the last piece that is not zeros, which reads the same.
    /// </summary>
    private Errno FindEnd(uint stored, out uint end)
    {
        end = stored;
        var piece = ChunkScratch.Piece;
        var least = stored - Math.Min(stored, ChunkLimits.BlockBytes);
        while (end > least)
        {
            var start = AlignDown(end - 1);
            var error = _table.Store.Read(FileKey, start, piece, end - start);
            if (error != Errno.None)
                return error;
            if (new ReadOnlySpan<byte>(piece, (int)(end - start)).ContainsAnyExcept((byte)0))
                return Errno.None;
            end = start;
        }

        return Errno.None;
    }
}
