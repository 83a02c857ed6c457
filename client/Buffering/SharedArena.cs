using System.Runtime.InteropServices;
using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <summary>
/// The memory that outlives a worker (a memfd of the keeper): dirty data and open files. What an application was told to be written is here until
/// the servers have it, so a worker that is killed loses nothing: its successor finds it by scanning the headers.
/// </summary>
internal sealed unsafe partial class SharedArena : IDisposable
{
    private const int ProtReadWrite = 3;
    private const int MapShared = 1;
    private const int MapSharedAnonymous = 0x21;

    private readonly ArenaLayout _layout;
    private readonly byte* _memory;
    private readonly Lock _gate = new();
    private readonly ulong[] _usedUnits;
    private readonly int[] _freeRecords;
    private int _freeRecordCount;
    private int _freeUnits;

    /// <param name="layout">Must be the one the memory was made for.</param>
    /// <param name="descriptor">The keeper's memory; -1 for private memory that ends with this process.</param>
    /// <exception cref="IOException">The memory cannot be mapped.</exception>
    /// <exception cref="InvalidDataException">It was written by another version or with another size.</exception>
    public SharedArena(ArenaLayout layout, int descriptor)
    {
        _layout = layout;
        _memory = mmap(null, (nuint)layout.TotalBytes, ProtReadWrite, descriptor < 0 ? MapSharedAnonymous : MapShared, descriptor, 0);
        if ((nint)_memory == -1)
            throw new IOException($"mapping the write buffer failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        _usedUnits = new ulong[(layout.Units + 63) / 64];
        _freeRecords = new int[layout.Files];
        _freeUnits = layout.Units;
        Identify();
        FindFree();
    }

    /// <summary>Units that are not in use.</summary>
    public int FreeUnits => Volatile.Read(ref _freeUnits);

    public int Units => _layout.Units;

    public long UsedBytes => (long)(Units - FreeUnits) * Limits.BufferUnitBytes;

    /// <summary>The session under which what is here was written and opened; none (0) before the first worker.</summary>
    public SessionId Session
    {
        get => new(Volatile.Read(ref *(ulong*)(_memory + ArenaLayout.SessionOffset)));
        set => Volatile.Write(ref *(ulong*)(_memory + ArenaLayout.SessionOffset), value.Value);
    }

    /// <summary>Rises with every open of the session, also over the death of a worker.</summary>
    public ulong NextStamp() => Interlocked.Increment(ref *(ulong*)(_memory + ArenaLayout.StampOffset));

    /// <summary>The stamp of the last open so far.</summary>
    public ulong LastStamp => Volatile.Read(ref *(ulong*)(_memory + ArenaLayout.StampOffset));

    public ulong NextOrder() => Interlocked.Increment(ref *(ulong*)(_memory + ArenaLayout.OrderOffset));

    public ref FileRecord Record(int index) => ref *((FileRecord*)(_memory + _layout.FilesOffset) + index);

    public ref ExtentHeader Header(int unit) => ref *((ExtentHeader*)(_memory + _layout.ExtentsOffset) + unit);

    public byte* Data(int unit) => _memory + _layout.DataOffset + (long)unit * Limits.BufferUnitBytes;

    /// <summary>Takes neighbouring units, lowest first so that the resident part stays small; -1 when there are none.</summary>
    public int Allocate(int units)
    {
        lock (_gate)
        {
            if (_freeUnits < units)
                return -1;
            var run = 0;
            for (var unit = 0; unit < _layout.Units; unit++)
            {
                var word = _usedUnits[unit >> 6];
                if (word == ulong.MaxValue)
                {
                    unit |= 63;
                    run = 0;
                    continue;
                }
                run = (word & (1UL << unit)) == 0 ? run + 1 : 0;
                if (run < units)
                    continue;
                var first = unit - units + 1;
                Mark(first, units, used: true);
                return first;
            }
            return -1;
        }
    }

    /// <summary>Gives units back; their header must not be dirty any more.</summary>
    public void Free(int first, int units)
    {
        lock (_gate)
            Mark(first, units, used: false);
    }

    /// <summary>
    /// True when this worker or a dead one has counted the kernel's open or release of a file. Under the file's gate, as <see cref="Count"/>.
    /// </summary>
    public bool IsCounted(int record, ulong request) => new OpenCount(Record(record).Opens).IsLast(request) || Counted(request) == request;

    /// <summary>Counts an open or a release. The word in the record decides; the table remembers the request when another one is counted for the file.</summary>
    public void Count(int record, int opens, ulong request)
    {
        Volatile.Write(ref Record(record).Opens, OpenCount.Of(opens, request).Bits);
        Volatile.Write(ref Counted(request), request);
    }

    /// <summary>
    /// A request is answered at once after it was counted, so that it can only be sent again for a moment. Its place would have to be taken within that moment by one of the
    /// many that are counted between two with the same place.
    /// </summary>
    private ref ulong Counted(ulong request) =>
        ref *((ulong*)(_memory + _layout.CountedOffset) + (request * 0x9E37_79B9_7F4A_7C15) / (ulong.MaxValue / Limits.CountedRequests + 1));

    /// <summary>Takes a file record; -1 when all are in use. It becomes valid when its inode is set.</summary>
    public int TakeRecord()
    {
        lock (_gate)
            return _freeRecordCount == 0 ? -1 : _freeRecords[--_freeRecordCount];
    }

    public void FreeRecord(int index)
    {
        Volatile.Write(ref Record(index).Inode, 0);
        lock (_gate)
            _freeRecords[_freeRecordCount++] = index;
    }

    /// <summary>The records that a dead worker left. They stay taken.</summary>
    public IEnumerable<int> UsedRecords() => Enumerable.Range(0, _layout.Files).Where(index => Record(index).Inode != 0);

    /// <summary>The first units of the ranges that a dead worker kept. They stay taken.</summary>
    public IEnumerable<int> KeptUnits() => Enumerable.Range(0, _layout.Units).Where(unit => Header(unit).IsKept).OrderBy(unit => Header(unit).Order);

    /// <summary>The first units of the dirty ranges that a dead worker left, oldest first. They stay taken.</summary>
    public IEnumerable<int> DirtyUnits() =>
        Enumerable.Range(0, _layout.Units).Where(unit => Header(unit).IsDirty).OrderBy(unit => Header(unit).Order);

    public void Dispose() => _ = munmap(_memory, (nuint)_layout.TotalBytes);

    private void Mark(int first, int units, bool used)
    {
        for (var unit = first; unit < first + units; unit++)
        {
            if (used)
                _usedUnits[unit >> 6] |= 1UL << unit;
            else
                _usedUnits[unit >> 6] &= ~(1UL << unit);
        }
        Volatile.Write(ref _freeUnits, _freeUnits + (used ? -units : units));
    }

    private void Identify()
    {
        var head = (uint*)_memory;
        if (*(ulong*)_memory == 0)
        {
            head[2] = ArenaLayout.FormatVersion;
            head[3] = (uint)_layout.Files;
            head[4] = (uint)_layout.Units;
            Volatile.Write(ref *(ulong*)_memory, ArenaLayout.Magic);
            return;
        }
        if (*(ulong*)_memory != ArenaLayout.Magic || head[2] != ArenaLayout.FormatVersion || head[3] != _layout.Files || head[4] != _layout.Units)
            throw new InvalidDataException("The write buffer was left by another version or has another size.");
    }

    private void FindFree()
    {
        for (var index = _layout.Files - 1; index >= 0; index--)
        {
            if (Record(index).Inode == 0)
                _freeRecords[_freeRecordCount++] = index;
        }
        for (var unit = 0; unit < _layout.Units; unit++)
        {
            if (!Header(unit).IsDirty && !Header(unit).IsKept)
                continue;
            var units = Header(unit).Units;
            if (units is 0 or > Limits.ExtentBytes / Limits.BufferUnitBytes || unit + units > _layout.Units)
                throw new InvalidDataException("The write buffer is damaged.");
            Mark(unit, units, used: true);
            unit += units - 1;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* mmap(void* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(void* address, nuint length);
}
