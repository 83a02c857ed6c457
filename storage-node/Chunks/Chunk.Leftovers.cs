using System.Numerics;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Bytes that were cut off, punched or removed stay in the file until the record that gives them up is on stable storage: a loss of power before that
/// brings the old record back, and it must find the bytes that it names. Meanwhile nobody reads them: they lie in blocks that the record does not name, or behind
/// <see cref="Length"/>. A write that would bring their place back into use waits until they are gone for good.
/// </summary>
public sealed unsafe partial class Chunk
{
    private ulong _leftovers;

    /// <summary>The table's epoch after the last change that left something, as <see cref="MarkEpoch"/>.</summary>
    internal long LeftoversEpoch;

    // Under the chunk's lock; the table holds such a chunk.
    internal bool InLeftoversList;

    /// <summary>True when preparing a write of this range waits for the disk.</summary>
    public bool WaitsForDisk(uint offset, uint length) => WaitsForLeftovers(offset, length) || WaitsForTails(offset, length) || WaitsForOverwrite(offset, length);

    /// <summary>Because it uses a place where something is left.</summary>
    private bool WaitsForLeftovers(uint offset, uint length) =>
        _leftovers != 0 && length != 0 && (offset + length > Length || (ChunkBlocks.Touched(offset, length) & _leftovers) != 0);

    /// <summary>
    /// Before the first write to a chunk that does not exist: under which number it comes into being. What the removed chunk had under another number needs not be
    /// waited for.
    /// </summary>
    public Errno StartAs(uint generation)
    {
        if (Exists)
            return Errno.None;
        _sumsMayBeOld = false;
        if (generation == Generation)
            return Errno.None;
        if (_leftovers != 0)
        {
            _table.RemoveLater(FileKey, LeftoversEpoch);
            _leftovers = 0;
        }

        // A loss of power may have taken back a removal that had this number before, and left the file that was written after it.
        Generation = generation;
        return generation == 0 ? Errno.None : _table.Store.Remove(FileKey);
    }

    /// <summary>The record that was just stored does not name these blocks any more, or ends before or in them.</summary>
    private void Leave(ulong blocks)
    {
        if (blocks == 0 || IsDoomed)
            return;
        _leftovers |= blocks;
        LeftoversEpoch = MarkEpoch = _table.SyncEpoch;
        _table.NoteLeftovers(this);
    }

    /// <summary>Entered, after the record is on stable storage. What fails is tried again.</summary>
    internal Errno DropLeftovers()
    {
        if (_leftovers == 0)
            return Errno.None;
        var error = Exists ? DropBlocks() : _table.Store.Remove(FileKey);
        if (error == Errno.None)
            _leftovers = 0;
        return error;
    }

    private Errno DropBlocks()
    {
        if (!Release(_leftovers & ~Blocks))
            return Errno.EIO;
        if ((_leftovers & ChunkBlocks.From((int)(Length / ChunkLimits.BlockBytes))) == 0)
            return Errno.None;
        ForgetLayOut();
        return _table.Store.Truncate(FileKey, Length);
    }

    /// <summary>Waits until what is left is gone, from the disk as well: otherwise a loss of power could bring it back under a record that names its place again.</summary>
    private Errno FinishLeftovers()
    {
        var error = _table.SyncRecords();
        if (error == Errno.None && !Exists)
            error = _table.Store.Truncate(FileKey, 0);
        else if (error == Errno.None)
            error = DropBlocks();
        if (error == Errno.None)
            error = _table.Store.Sync(FileKey);
        if (error == Errno.None)
            _leftovers = 0;
        return error;
    }
}
