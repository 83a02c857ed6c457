using System.Numerics;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// One chunk in memory: its record, and the sums of its blocks and pieces. Everything happens under <see cref="Enter"/>; the order of steps
/// that keeps it consistent over a crash is in docs/decisions/0003-chunk-checksums.md:
/// <list type="number">
/// <item>a block is marked dirty in the stored record before the first byte of it changes in the file, and where a sum stands for that byte the record says so on stable storage (Chunk.Overwrite.cs);</item>
/// <item>it becomes clean by storing its sum, after fdatasync(2) and only if nobody wrote to it meanwhile;</item>
/// <item>what the file has in blocks that the record does not name, or behind the record's end, is meaningless and cleared before use;</item>
/// <item>it is cleared only after the record that gives it up is on stable storage (Chunk.Leftovers.cs).</item>
/// </list>
/// A block is in one of these states: hole; known (the sums of its sixteen pieces are in memory and true); unknown (only the sum of the block
/// is); accepted (dirty at a crash or after a failed write: the sum comes from the file when it is next looked at).
/// </summary>
public sealed unsafe partial class Chunk
{
    private const int SumsPerBlock = 1 + ChunkLimits.PiecesPerBlock;

    private readonly ChunkTable _table;
    private ulong _known;
    private ulong _accept;
    private ulong _writtenSinceSeal;

    /// <summary>Per block its own sum, then those of its pieces.</summary>
    private uint[] _sums = [];
    private uint _limit;

    /// <summary>The table's epoch after the record was last stored by a write; -1 for never.</summary>
    private long _recordEpoch = -1;

    internal Chunk(ChunkTable table) => _table = table;

    public ChunkKey Key { get; internal set; }

    /// <summary>End of the data, bytes.</summary>
    public uint Length { get; private set; }

    /// <summary>Bytes that count for the volume's usage.</summary>
    public uint Accounted { get; private set; }

    public ulong Blocks { get; private set; }

    /// <summary>As in the stored record, or more where that says that sums may be out of date.</summary>
    public ulong Dirty { get; private set; }

    public bool Exists => Blocks != 0 || _limit != 0;

    /// <summary>Of the file that has the bytes.</summary>
    public uint Generation { get; private set; }

    /// <summary>Names the chunk's file to the store.</summary>
    internal ChunkKey FileKey => Key with { Generation = Generation };

    /// <summary>A hint for those who have not entered: true means that there is, or a moment ago was, a record.</summary>
    public bool IsKnownToExist => Loaded && Exists;

    /// <summary>True when <see cref="EnsureLoaded"/> has nothing to do.</summary>
    public bool IsLoaded => Loaded;

    internal bool Loaded { get; private set; }

    internal int SumBlocks => _sums.Length / SumsPerBlock;

    // Below: fields of the table, under its lock.
    internal int Pins;
    internal Chunk? Newer;
    internal Chunk? Older;
    internal bool InDirtyList;
    internal Chunk? NextDirty;
    internal Chunk? PreviousDirty;
    internal long DirtySinceMs;

    /// <summary>The shard has left while somebody had the chunk: it is not found any more, and of no use to whoever has it.</summary>
    internal volatile bool IsDoomed;

    // Written since the last fdatasync(2); changed with the chunk's lock and the table's. The chain holds such chunks of one inode.
    internal bool Unsynced;
    internal bool InUnsyncedChain;
    internal Chunk? NextUnsynced;

    // Under the chunk's lock.
    internal long LastWriteMs;

    /// <summary>The table's epoch after a mark was stored that matters for the order of syncs; -1 for none.</summary>
    internal long MarkEpoch = -1;

    /// <summary>Held while this chunk is made durable, so that a second fsync waits for the first one's outcome.</summary>
    internal readonly Lock SyncGate = new();

    /// <summary>
    /// Takes the chunk's lock when it is free. Never twice: leaving a shard's gate can run other requests on a thread that has entered a chunk,
    /// and those must find it taken.
    /// </summary>
    public bool TryEnter() => !Monitor.IsEntered(this) && Monitor.TryEnter(this);

    /// <summary>Waits for the lock: only on threads that may wait, and never with a gate held.</summary>
    public void Enter() => Monitor.Enter(this);

    public void Exit() => Monitor.Exit(this);

    /// <summary>Reads the record if that has not happened yet; clears what a crash left behind its end.</summary>
    public Errno EnsureLoaded()
    {
        if (Loaded && !IsDoomed)
            return Errno.None;
        Span<byte> buffer = stackalloc byte[ChunkRecord.MaxBytes];

        // What is no longer served here may be in the hands of a learner: nothing of it is looked at or changed.
        var bytes = IsDoomed ? -1 : _table.Records.Read(Key, buffer);
        if (bytes < 0)
            return Errno.WrongEpoch;
        scoped ChunkRecord record = default;
        if (bytes > 0 && !ChunkRecord.TryRead(buffer[..bytes], out record))
        {
            _table.LogBadRecord(Key);
            return Errno.EIO;
        }

        return Load(record);
    }

    /// <summary>
    /// Bytes behind the record's end are left from a cut or an append that the record does not know, and every record that is read here for the first time is on stable storage. They are gone for
    /// good before a record can name their place again.
    /// </summary>
    private Errno Load(scoped in ChunkRecord record)
    {
        Generation = record.Generation;
        var error = LoadTails(in record);
        if (error != Errno.None)
            return error;
        error = _table.Store.GetLength(FileKey, out var stored);
        if (error != Errno.None)
            return error;
        var end = (uint)Math.Min(stored, record.EndBytes);
        if (record.Dirty != 0 && end == record.EndBytes)
            error = FindEnd(end, out end);
        if (error == Errno.None && stored > record.EndBytes)
            _table.SetAside(Key, record.EndBytes, (uint)Math.Min(stored, ChunkLimits.MaxChunkBytes));
        if (error == Errno.None && stored > end)
            error = _table.Store.Truncate(FileKey, end);
        if (error == Errno.None && stored > record.EndBytes)
            error = _table.Store.Sync(FileKey);
        if (error != Errno.None)
            return error;

        // Behind the stored bytes there are zeros: where the tail is dirty the file knows best where the data ends, unless it lost some.
        Length = record.Dirty == 0 ? record.EndBytes : _table.BytesMayBeLost ? Math.Max(end, record.FirstEndBytes) : end;
        _endAtSync = Length;
        _limit = record.EndBytes;
        Accounted = record.AccountedBytes;
        Blocks = record.Blocks;
        _sumsMayBeOld = record.SumsMayBeOld;
        Dirty = _accept = _table.BytesMayBeLost ? record.Untrusted : record.Dirty;
        _known = 0;
        _writtenSinceSeal = 0;
        _first.Read(record.FirstPieces, record.Dirty);
        _missing.Read(record.MissingPieces, record.MissingBlocks);
        _firstEnd = record.FirstEndBytes;
        LoadSums(record);
        Loaded = true;
        if (Dirty != 0)
            _table.NoteLoaded(this);
        return Errno.None;
    }

    private void LoadSums(scoped in ChunkRecord record)
    {
        if (record.Blocks == 0)
            return;
        GrowSums(64 - BitOperations.LeadingZeroCount(record.Blocks));
        var position = 0;
        for (var rest = record.Clean; rest != 0; rest &= rest - 1, position += 4)
            _sums[BitOperations.TrailingZeroCount(rest) * SumsPerBlock] = BitConverter.ToUInt32(record.Sums[position..]);
    }

    /// <summary>The record as it has to be stored now. Returns its length.</summary>
    public int Encode(Span<byte> target)
    {
        var record = new ChunkRecord { EndBytes = _limit, AccountedBytes = Accounted, Blocks = Blocks, Dirty = Dirty, Generation = Generation, MissingBlocks = _missing.Blocks, SumsMayBeOld = _sumsMayBeOld };
        if ((_first.Blocks & Dirty) != 0)
            record.FirstEndBytes = Math.Min(_firstEnd, _limit);
        record.WriteHead(target);
        var position = ChunkRecord.HeadBytes;
        for (var rest = record.Clean; rest != 0; rest &= rest - 1, position += 4)
            BitConverter.TryWriteBytes(target[position..], SumOf(BitOperations.TrailingZeroCount(rest)));
        position += _first.Write(target[position..], Dirty);
        position += _missing.Write(target[position..], _missing.Blocks);
        foreach (var tail in _tails)
            position += tail.Write(target[position..]);
        return position;
    }

    /// <summary>Entered: a change was interrupted, and what is in memory may not be what is stored. The record tells when the chunk is loaded again.</summary>
    internal void Distrust()
    {
        ForgetLayOut();
        Loaded = _sumsMayBeOld = false;
        Length = _limit = Accounted = 0;
        Blocks = Dirty = _known = _accept = _writtenSinceSeal = 0;
    }

    /// <summary>Gives the object back for another chunk.</summary>
    internal void Reset()
    {
        _table.ReturnSums(_sums);
        _sums = [];
        ForgetLayOut();
        ForgetUnsynced();
        MarkEpoch = _recordEpoch = -1;
        Loaded = _sumsMayBeOld = false;
        Generation = 0;
        _leftovers = 0;
        _first.Clear();
        _missing.Clear();
        _firstEnd = 0;
        _tails = _tailsBefore = [];
        _durableEnd = _syncingEnd = 0;
        _newBlocks = _newBlocksSyncing = 0;
        _rewritten = null;
        Length = _limit = Accounted = 0;
        Blocks = Dirty = _known = _accept = _writtenSinceSeal = 0;
        Unsynced = false;
    }

    private ChunkState State => new(Length, _limit, Accounted, Blocks, Dirty);

    private ReadOnlySpan<uint> Pieces(int block) => _sums.AsSpan((block * SumsPerBlock) + 1, ChunkLimits.PiecesPerBlock);

    private ref uint Piece(int block, int piece) => ref _sums[(block * SumsPerBlock) + 1 + piece];

    private uint SumOf(int block) => (_known & Bit(block)) != 0 ? Crc32C.Combine(Pieces(block)) : _sums[block * SumsPerBlock];

    private static ulong Bit(int block) => 1UL << block;

    private void ClearSums(ulong blocks)
    {
        for (var rest = blocks; rest != 0; rest &= rest - 1)
            _sums.AsSpan(BitOperations.TrailingZeroCount(rest) * SumsPerBlock, SumsPerBlock).Clear();
    }

    private void GrowSums(int blocks)
    {
        if (blocks <= SumBlocks)
            return;
        var larger = _table.RentSums((int)BitOperations.RoundUpToPowerOf2((uint)blocks) * SumsPerBlock);
        _sums.CopyTo(larger, 0);
        _table.ReturnSums(_sums);
        _sums = larger;
    }

    /// <summary>
    /// Bytes of usage: whole blocks, but the last one of chunk 0 to the next 4 KiB, so that a small file costs what it costs on a local disk.
    /// </summary>
    private uint AccountedFor(uint length, ulong blocks)
    {
        var bytes = (uint)BitOperations.PopCount(blocks) * ChunkLimits.BlockBytes;
        if (Key.Chunk.Value != 0 || length == 0)
            return bytes;
        var tail = (int)((length - 1) / ChunkLimits.BlockBytes);
        if ((blocks & Bit(tail)) == 0 || (blocks & ~ChunkBlocks.Through(tail)) != 0)
            return bytes;
        var used = length - ((uint)tail * ChunkLimits.BlockBytes);
        return bytes - ChunkLimits.BlockBytes + ((used + ChunkLimits.PieceBytes - 1) & ~(uint)(ChunkLimits.PieceBytes - 1));
    }
}
