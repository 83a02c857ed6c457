using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Bytes that a sum stands for are written over. The mark that says so (the block is dirty) is stored before, but not on stable storage, while the kernel may write the new bytes at any time: a loss of power in
/// between would leave a block that does not agree with its sum, and nobody could read what was synced beside the new bytes. So the first write of this kind to a chunk waits until its record says, on stable storage,
/// that sums may be out of date; until all of the chunk is sealed again the others need not wait. A chunk that says so when it is loaded is taken as it is, once its machine has lost power.
/// </summary>
public sealed partial class Chunk
{
    /// <summary>The stored record says so, on stable storage.</summary>
    private bool _sumsMayBeOld;

    /// <summary>Blocks that were made dirty by a cut or an append; once <see cref="MarkEpoch"/> is durable, that is on stable storage.</summary>
    private ulong _marked;

    private bool WaitsForOverwrite(uint offset, uint length) => WaitsForOverwrite(WrittenOver(offset, length));

    private bool WaitsForOverwrite(ulong blocks)
    {
        if (_sumsMayBeOld || blocks == 0)
            return false;

        // Where a block was made dirty by a cut or an append, that may not be on stable storage yet.
        return (blocks & ~Dirty) != 0 || ((blocks & _marked) != 0 && MarkEpoch >= _table.DurableEpoch);
    }

    private ulong WrittenOver(uint offset, uint length) =>
        length == 0 || offset >= Length ? 0 : ChunkBlocks.Touched(offset, Math.Min(length, Length - offset)) & Blocks;

    /// <summary>After a change is stored: blocks that held data and were clean have just been marked dirty in the record (see <see cref="ChunkTable.MarksAreDurable"/>).</summary>
    private void NoteMarks(in ChunkState before)
    {
        var marked = Dirty & ~before.Dirty & before.Blocks;
        if (_sumsMayBeOld || marked == 0)
            return;
        _marked = MarkEpoch < _table.DurableEpoch ? marked : _marked | marked;
        MarkEpoch = _table.SyncEpoch;
    }

    /// <summary>Entered, before bytes within the chunk are written over. Waits for the log where the range needs it.</summary>
    public Errno PrepareOverwrite(uint offset, uint length) => PrepareOverwrite(WrittenOver(offset, length));

    /// <summary>The same before a range becomes a hole: zeros are written in blocks that stay.</summary>
    public Errno PreparePunch(uint offset, uint length)
    {
        var gone = ChunkBlocks.Covered(offset, length);
        if (offset + length >= Length)
            gone |= ChunkBlocks.From(ChunkBlocks.CountFor(offset));
        return PrepareOverwrite(WrittenOver(offset, length) & ~gone);
    }

    private Errno PrepareOverwrite(ulong blocks)
    {
        if (!WaitsForOverwrite(blocks))
            return Errno.None;
        Span<byte> record = stackalloc byte[ChunkRecord.MaxBytes];
        _sumsMayBeOld = true;
        var error = Errno.WrongEpoch;
        try
        {
            if (_table.Records.Replace(Key, record[..Encode(record)]))
                error = _table.SyncRecords();
        }
        finally
        {
            _sumsMayBeOld = error == Errno.None;
        }

        return error;
    }
}
