namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Which bytes of the chunk wait for a sync, and which a failed sync may have lost. The kernel takes a page for clean after it could not write it, so that the next fdatasync(2) succeeds
/// and proves nothing: what was unsynced then counts as lost until it was written again and that was synced. Told by pieces of 4 KiB, as the kernel writes pages.
/// Everything under the chunk's lock.
/// </summary>
public sealed unsafe partial class Chunk
{
    // One mask of pieces for each block.
    private ushort[] _unsynced = [];
    private ushort[] _syncing = [];
    private ushort[]? _lost;

    /// <summary>Raised by every change of the bytes.</summary>
    internal ulong Changes { get; private set; }

    /// <summary>A sync has failed, and what it was to make durable has not been written and synced since. A hint for those who have not entered.</summary>
    internal bool HasLost => Volatile.Read(ref _lost) is not null;

    /// <summary>The pieces that the sync which begins now makes durable. One sync of a chunk at a time.</summary>
    internal void BeginSync()
    {
        (_unsynced, _syncing) = (_syncing, _unsynced);
        _syncingEnd = Length;
        (_newBlocks, _newBlocksSyncing) = (0, _newBlocks);
    }

    /// <summary>True when it failed and the chunk had lost nothing before.</summary>
    internal bool EndSync(bool succeeded)
    {
        var isFirstLoss = false;
        if (succeeded)
        {
            Recover(_syncing);
            _durableEnd = Math.Max(_durableEnd, _syncingEnd);
            _newBlocksSyncing = 0;
        }
        else
        {
            isFirstLoss = Lose(_syncing);
            (_newBlocks, _newBlocksSyncing) = (_newBlocks | _newBlocksSyncing, 0);
        }

        Array.Clear(_syncing);
        return isFirstLoss;
    }

    /// <summary>Everything that was written so far is on stable storage: nothing was written since a sync of the whole disk began.</summary>
    internal void NoteAllSynced()
    {
        Recover(_unsynced);
        Array.Clear(_unsynced);
        _durableEnd = Length;
        _newBlocks = 0;
    }

    private void NoteUnsynced(uint offset, uint length)
    {
        Changes++;
        if (length == 0)
            return;
        var last = (int)((offset + length - 1) / ChunkLimits.BlockBytes);
        Grow(last + 1);
        for (var block = (int)(offset / ChunkLimits.BlockBytes); block <= last; block++)
        {
            var start = (uint)block * ChunkLimits.BlockBytes;
            var first = (int)((Math.Max(offset, start) - start) / ChunkLimits.PieceBytes);
            var end = (int)((Math.Min(offset + length, start + ChunkLimits.BlockBytes) - start + ChunkLimits.PieceBytes - 1) / ChunkLimits.PieceBytes);
            _unsynced[block] |= (ushort)(((1 << (end - first)) - 1) << first);
        }
    }

    private void NoteUnsyncedBlocks(ulong blocks)
    {
        Changes++;
        for (; blocks != 0; blocks &= blocks - 1)
        {
            var block = System.Numerics.BitOperations.TrailingZeroCount(blocks);
            Grow(block + 1);
            _unsynced[block] = ushort.MaxValue;
        }
    }

    /// <summary>What the chunk does not hold any more cannot be lost.</summary>
    private void DropGoneLosses()
    {
        if (_lost is not { } lost)
            return;
        for (var block = 0; block < lost.Length; block++)
        {
            if ((Blocks & Bit(block)) == 0)
                lost[block] = 0;
        }

        SettleLosses();
    }

    private void ForgetUnsynced()
    {
        Changes++;
        Array.Clear(_unsynced);
        Array.Clear(_syncing);
        if (_lost is null)
            return;
        _lost = null;
        _table.CountLosses(-1);
    }

    private void Grow(int blocks)
    {
        if (blocks > _unsynced.Length)
            Array.Resize(ref _unsynced, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)blocks));
    }

    private bool Lose(ushort[] pieces)
    {
        if (!pieces.AsSpan().ContainsAnyExcept((ushort)0))
            return false;
        var isFirst = _lost is null;
        var lost = _lost ?? new ushort[ChunkLimits.MaxBlocks];
        for (var block = 0; block < pieces.Length; block++)
            lost[block] |= pieces[block];
        if (isFirst)
            _table.CountLosses(1);
        Volatile.Write(ref _lost, lost);
        return isFirst;
    }

    private void Recover(ushort[] pieces)
    {
        if (_lost is not { } lost)
            return;
        for (var block = 0; block < pieces.Length; block++)
            lost[block] &= (ushort)~pieces[block];
        SettleLosses();
    }

    private void SettleLosses()
    {
        if (_lost is null || _lost.AsSpan().ContainsAnyExcept((ushort)0))
            return;
        Volatile.Write(ref _lost, null);
        _table.CountLosses(-1);
    }
}
