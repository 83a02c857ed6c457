using SealFs.Simulator.World;
using SealFs.StorageNode.Engine;

namespace SealFs.Simulator.Storage;

/// <summary>
/// The metadata engine of one life of a node, over a disk that outlives it. What a dead process still does changes nothing, and fails, so that it does not try for ever.
/// </summary>
internal sealed class SimulatedEngine(EngineDisk disk, SimulatedProcess process, CrashPoint crash) : IMetadataEngine
{
    public Action<MetadataEngineException>? Failed { get; set; }

    public bool HasUnsynced => disk.HasUnsynced;

    public int Get(Table table, ReadOnlySpan<byte> key, Span<byte> target)
    {
        if (disk[table].Get(key) is not { } entry)
            return -1;
        if (entry.Value.Length > target.Length)
            throw new MetadataEngineException($"A value of {entry.Value.Length} bytes in {table} is longer than the {target.Length} bytes its kind may have.");
        entry.Value.CopyTo(target);
        return entry.Value.Length;
    }

    public PinnedValue GetPinned(Table table, ReadOnlySpan<byte> key) => disk[table].Get(key) is { } entry ? LentValues.OfThread.Lend(entry.Value) : default;

    public void Apply(EffectBatch batch)
    {
        process.World.CheckThread();
        crash.Pass();
        if (!process.IsAlive)
            throw new MetadataEngineException("The process is dead.");
        disk.Apply(batch.Bytes);
        crash.Pass();
    }

    public ScanCursor Scan(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end) => new Cursor(disk[table], from, end);

    public IMetadataSnapshot TakeSnapshot() => new Snapshot(disk.Copy());

    public void Sync()
    {
        crash.Pass();
        if (process.IsAlive)
            disk.Sync();
    }

    public ulong ApproximateBytes(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
    {
        using var cursor = new Cursor(disk[table], from, end);
        var bytes = 0UL;
        while (cursor.MoveNext())
            bytes += (ulong)(cursor.Key.Length + cursor.Value.Length);
        return bytes;
    }

    public void Dispose()
    {
    }

    private sealed class Snapshot(OrderedTable[] tables) : IMetadataSnapshot
    {
        public ScanCursor Scan(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end) => new Cursor(tables[(int)table], from, end);

        public void Dispose()
        {
        }
    }

    private sealed class Cursor : ScanCursor
    {
        private readonly OrderedTable _table;
        private readonly OrderedTable.Entry[] _entries;
        private readonly int _stop;
        private int _at;

        public Cursor(OrderedTable table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
        {
            _table = table;
            (_entries, _at, _stop) = table.Range(from, end);
            _at--;
        }

        public override ReadOnlySpan<byte> Key => _entries[_at].Key;

        public override ReadOnlySpan<byte> Value => _entries[_at].Value;

        public override bool MoveNext() => ++_at < _stop;

        protected override void Dispose(bool disposing) => _table.Leave(_entries);
    }
}
