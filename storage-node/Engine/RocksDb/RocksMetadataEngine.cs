using System.Runtime.InteropServices;
using System.Text;
using static SealFs.StorageNode.Engine.RocksDb.RocksNative;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>
/// The metadata engine on RocksDB. The log is written by write(2) at every batch and synced by <see cref="Sync"/>; after a crash of the machine the store
/// opens with a prefix of what was applied (recovery to a point in time), after one of the process with all of it.
/// </summary>
public sealed unsafe class RocksMetadataEngine : IMetadataEngine
{
    private readonly RocksConfiguration _configuration;
    private readonly nint _db;
    private readonly nint[] _families = new nint[RocksConfiguration.TableCount];
    private readonly nint _read;
    private readonly nint _write;
    private readonly RocksMetrics _metrics;
    private readonly LogLayout? _layout;
    private long _applied;
    private long _synced;
    private bool _closed;

    public RocksMetadataEngine(string directory, MetadataEngineOptions options)
    {
        _configuration = new RocksConfiguration(options);
        _read = rocksdb_readoptions_create();
        _write = rocksdb_writeoptions_create();
        try
        {
            _db = _configuration.Open(directory, _families);
        }
        catch
        {
            rocksdb_readoptions_destroy(_read);
            rocksdb_writeoptions_destroy(_write);
            _configuration.Dispose();
            throw;
        }

        for (var table = 0; table < _families.Length; table++)
        {
            if (rocksdb_column_family_handle_get_id(_families[table]) != table)
                throw new MetadataEngineException($"The metadata store in {directory} has its tables in another order than this version makes.");
        }

        _metrics = new RocksMetrics(this, directory);
        if (options.LogAheadBytes > 0 && LogLayout.IsRoom(directory, options.LogAheadBytes))
            _layout = new LogLayout(this, _db, _families, _write, options.LogAheadBytes);
    }

    /// <summary>Returns when the log that was to be laid out ahead is; at once when there is none.</summary>
    public void WaitForLogLayout() => _layout?.Wait();

    public Action<MetadataEngineException>? Failed { get; set; }

    public bool HasUnsynced => Volatile.Read(ref _applied) != Volatile.Read(ref _synced);

    public int Get(Table table, ReadOnlySpan<byte> key, Span<byte> target)
    {
        nuint length = 0;
        byte found = 0;
        byte* error = null;
        byte fits;
        fixed (byte* keyAt = key)
        fixed (byte* targetAt = target)
        {
            fits = rocksdb_get_into_buffer_cf(
                _db, _read, _families[(int)table], keyAt, (nuint)key.Length, targetAt, (nuint)target.Length, &length, &found, &error);
        }

        ThrowIf(error);
        if (found == 0)
            return -1;
        if (fits == 0)
            throw new MetadataEngineException($"A value of {length} bytes in {table} is longer than the {target.Length} bytes its kind may have.");
        return (int)length;
    }

    public PinnedValue GetPinned(Table table, ReadOnlySpan<byte> key)
    {
        byte* error = null;
        nint slice;
        fixed (byte* keyAt = key)
            slice = rocksdb_get_pinned_cf(_db, _read, _families[(int)table], keyAt, (nuint)key.Length, &error);
        ThrowIf(error);
        if (slice == 0)
            return default;
        nuint length;
        var data = rocksdb_pinnableslice_value(slice, &length);
        return new PinnedValue(data, (int)length, slice);
    }

    public void Apply(EffectBatch batch)
    {
        byte* error = null;
        var native = rocksdb_writebatch_create_from(batch.Pointer, (nuint)batch.Bytes.Length);
        rocksdb_write(_db, _write, native, &error);
        rocksdb_writebatch_destroy(native);
        Interlocked.Increment(ref _applied);
        ThrowFailure(error);
    }

    public ScanCursor Scan(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end) => new RocksScan(_db, _families[(int)table], from, end);

    public IMetadataSnapshot TakeSnapshot() => new RocksSnapshot(_db, _families);

    public void Sync()
    {
        var applied = Volatile.Read(ref _applied);
        byte* error = null;
        rocksdb_flush_wal(_db, 1, &error);
        ThrowFailure(error);
        // The group commit, a shutdown and the layout of the log sync; a smaller number written late merely causes one sync too many.
        Volatile.Write(ref _synced, applied);
    }

    public ulong ApproximateBytes(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
    {
        ulong size = 0;
        byte* error = null;
        fixed (byte* fromAt = from)
        fixed (byte* endAt = end)
        {
            var start = fromAt;
            var stop = endAt;
            var (startLength, stopLength) = ((nuint)from.Length, (nuint)end.Length);
            rocksdb_approximate_sizes_cf(_db, _families[(int)table], 1, &start, &startLength, &stop, &stopLength, &size, &error);
        }

        ThrowIf(error);
        return size;
    }

    /// <summary>A property of a table by its RocksDB name ("rocksdb.cur-size-all-mem-tables"); 0 when it does not have it.</summary>
    public ulong Property(Table table, string name)
    {
        ulong value = 0;
        return rocksdb_property_int_cf(_db, _families[(int)table], name, &value) == 0 ? value : 0;
    }

    /// <summary>Bytes in the block cache, write buffers included.</summary>
    public ulong CacheBytes => _configuration.CacheBytes;

    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        _layout?.Dispose();
        _metrics.Dispose();
        foreach (var family in _families)
            rocksdb_column_family_handle_destroy(family);
        rocksdb_close(_db);
        rocksdb_readoptions_destroy(_read);
        rocksdb_writeoptions_destroy(_write);
        _configuration.Dispose();
    }

    /// <summary>Of a change or a sync.</summary>
    private void ThrowFailure(byte* error)
    {
        if (error == null)
            return;
        var failure = Read(error);
        Failed?.Invoke(failure);
        throw failure;
    }

    internal static void ThrowIf(byte* error)
    {
        if (error != null)
            throw Read(error);
    }

    private static MetadataEngineException Read(byte* error)
    {
        var text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(error));
        rocksdb_free(error);
        return new MetadataEngineException($"The metadata store failed: {text}") { IsNoSpace = text.Contains("No space left", StringComparison.Ordinal) };
    }
}
