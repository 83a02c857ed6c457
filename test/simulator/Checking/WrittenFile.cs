using SealFs.Core;

namespace SealFs.Simulator.Checking;

/// <summary>
/// A file, cut into cells that lie apart; one thread of an application writes to each. A cell is what its writer made of it last, or anything since it was synced: what was not synced may come back to an earlier state,
/// but not to one before the last sync, and not to bytes that were never in it.
/// </summary>
internal sealed class WrittenFile
{
    public const int CellBytes = 512;
    private const ulong ChecksummedBytes = 64 * 1024;
    private const ulong PieceBytes = 4096;
    private const ulong FirstChunkBytes = 128 * 1024;

    /// <summary>Beside the inode, at its limit, in several blocks of chunk 0, and in chunks 1 and 2.</summary>
    private static readonly ulong[] s_offsets = [0, 1024, 3584, 4096, 16_384, 65_536, 131_072, 139_776, 262_144, 266_240];

    private readonly FilePromises _promises;
    private readonly List<Change>[] _cells;
    private readonly List<(int FirstCell, Change Change)> _cuts = [];
    private readonly int[] _floors = new int[s_offsets.Length];

    public WrittenFile(FilePromises promises, InodeId inode, string name, string? owner)
    {
        _promises = promises;
        Inode = inode;
        Name = name;
        Owner = owner;
        _cells = [.. s_offsets.Select(static _ => new List<Change> { new() { Value = 0, Client = "", Acked = 0, Landed = 0, Durable = 0 } })];
    }

    public InodeId Inode { get; }

    public string Name { get; }

    /// <summary>The thread that alone writes to it and cuts it; null when all threads have cells of it.</summary>
    public string? Owner { get; }

    public static int Cells => s_offsets.Length;

    public static ulong OffsetOf(int cell) => s_offsets[cell];

    public Change Write(int cell, ulong value, string client)
    {
        var change = new Change { Value = value, Client = client, Begin = _promises.Tick() };
        _cells[cell].Add(change);
        return change;
    }

    /// <summary>The file is to end before a cell; a shorter one becomes longer.</summary>
    public List<Change> Cut(int firstCell, string client)
    {
        var begin = _promises.Tick();
        var changes = new List<Change> { new() { Value = 0, Client = client, Begin = begin } };
        _cuts.Add((firstCell, changes[0]));
        for (var cell = firstCell; cell < Cells; cell++)
        {
            changes.Add(new Change { Value = 0, Client = client, Begin = begin });
            _cells[cell].Add(changes[^1]);
        }

        return changes;
    }

    /// <summary>What a client had acknowledged before is at the nodes.</summary>
    public void Landed(string client, long begin)
    {
        var now = _promises.Tick();
        foreach (var change in _cells.SelectMany(static cell => cell))
        {
            if (change.Client == client && change.Acked < begin && change.Landed == Change.Never)
                change.Landed = now;
        }
    }

    /// <summary>An fsync by a client has succeeded: what it had acknowledged before is durable, and what others had brought to the nodes, unless these have lost it by then.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="begin">When it was asked for.</param>
    /// <param name="isOfVolume">A sync of everything tells of what fails while it runs; what has failed before is told to the handles.</param>
    public void Synced(string client, long begin, bool isOfVolume = false)
    {
        Landed(client, begin);
        for (var cell = 0; cell < Cells; cell++)
        {
            for (var index = _cells[cell].Count - 1; index > _floors[cell]; index--)
            {
                if (IsCovered(_cells[cell][index], client, begin, isOfVolume))
                {
                    Raise(cell, index);
                    break;
                }
            }
        }
    }

    /// <summary>A synchronous write has succeeded.</summary>
    public void SyncedAlone(int cell, Change change)
    {
        change.Landed = Math.Min(change.Landed, _promises.Tick());
        Raise(cell, _cells[cell].IndexOf(change));
    }

    /// <summary>An application was told of a failure: whatever of that client was not durable may be gone.</summary>
    public void Failed(string client)
    {
        foreach (var change in _cells.SelectMany(static cell => cell))
            change.HasFailed |= change.Client == client && change.Durable == Change.Never;
    }

    /// <summary>The last that was acknowledged in a cell, when nothing can have happened to it; null when there is no telling.</summary>
    public ulong? Certain(int cell)
    {
        var last = _cells[cell][^1];
        return last.Acked == Change.Never || last.HasFailed || _promises.HasLossBetween(last.Begin, Change.Never) || _promises.WasFull ? null : last.Value;
    }

    /// <summary>Whether these bytes were ever asked for here.</summary>
    public bool IsOwn(int cell, ulong value) => value == 0 || _cells[cell].Exists(change => change.Value == value);

    /// <summary>Null when a cell may be so. A value of 0 is zeros; null is a file that ends before the cell.</summary>
    public string? Judge(int cell, Errno status, ulong? value)
    {
        if (status == Errno.EIO && (HasUnsyncedIn(s_offsets[cell] / ChecksummedBytes) || MayBeMissing(s_offsets[cell] / PieceBytes)))
            return null;
        var changes = _cells[cell];
        var floor = _floors[cell];
        if (status == Errno.None)
        {
            for (var index = floor; index < changes.Count; index++)
            {
                var isSo = value switch
                {
                    null => changes[index].Value == 0,
                    0 => changes[index].Value == 0 && (MayBeHole(cell, index) || MayHaveLostChunk(cell)),
                    _ => changes[index].Value == value,
                };
                if (isSo)
                    return null;
            }
        }

        var known = changes.FindIndex(change => change.Value != 0 && change.Value == value);
        var what = status != Errno.None ? $"cannot be read: {status}"
            : value is null ? "is behind the end"
            : value == 0 ? "is zeros that nobody wrote"
            : known < 0 ? $"has foreign bytes {value:x}" : $"is as it was {floor - known} changes before its last sync";
        var promised = changes[floor];
        return $"cell {cell} of {Name} ({Inode}) {what}; synced: {(promised.Value == 0 ? "nothing" : $"{promised.Value:x} by {promised.Client}")}, {changes.Count - floor - 1} changes since ({string.Join(", ", changes.Skip(floor + 1).Select(static change => $"{change.Value:x}"))})";
    }

    private bool IsCovered(Change change, string client, long begin, bool isOfVolume)
    {
        if (change.HasFailed || (isOfVolume && _promises.HasLossBetween(change.Begin, begin)))
            return false;
        return change.Client == client ? change.Acked < begin : change.Landed < begin && !_promises.HasLossBetween(change.Begin, Change.Never);
    }

    private void Raise(int cell, int index)
    {
        var now = _promises.Tick();
        for (var at = _floors[cell]; at <= index; at++)
            _cells[cell][at].Durable = Math.Min(_cells[cell][at].Durable, now);
        _floors[cell] = Math.Max(_floors[cell], index);
    }

    private bool HasUnsyncedIn(ulong block)
    {
        for (var cell = 0; cell < Cells; cell++)
        {
            if (s_offsets[cell] / ChecksummedBytes == block && _cells[cell].Count - 1 > _floors[cell])
                return true;
        }

        return false;
    }

    /// <summary>
    /// Something in this piece was lost before it was synced: it answers EIO until it is written as a whole, which cells are too small for.
    /// </summary>
    private bool MayBeMissing(ulong piece)
    {
        for (var cell = 0; cell < Cells; cell++)
        {
            if (s_offsets[cell] / PieceBytes == piece && _cells[cell].Exists(change => change.Value != 0 && _promises.HasLossBetween(change.Begin, change.Durable)))
                return true;
        }

        return false;
    }

    /// <summary>A chunk that is lost together with its record, on another node than the inode's, reads as zeros (docs/decisions/0003-chunk-checksums.md).</summary>
    private bool MayHaveLostChunk(int cell) =>
        s_offsets[cell] >= FirstChunkBytes && _cells[cell].Skip(_floors[cell] + 1).Any(change => _promises.HasLossBetween(change.Begin, Change.Never));

    /// <summary>While the file ended before this cell, something behind it may have been written.</summary>
    private bool MayBeHole(int cell, int index)
    {
        var from = _cells[cell][index].Begin;
        var end = index + 1 < _cells[cell].Count ? EffectiveFrom(_cells[cell][index + 1]) : Change.Never;
        if (_cuts.Exists(cut => cut.FirstCell > cell && cut.Change.Begin <= end && cut.Change.Landed >= from))
            return true;
        for (var higher = cell + 1; higher < Cells; higher++)
        {
            if (_cells[higher].Exists(change => change.Value != 0 && change.Begin <= end && change.Landed >= from))
                return true;
        }

        return false;
    }

    /// <summary>From when on what was before is gone for certain.</summary>
    private long EffectiveFrom(Change change) => _promises.HasLossBetween(change.Begin, change.Durable) || change.HasFailed ? change.Durable : change.Landed;
}
