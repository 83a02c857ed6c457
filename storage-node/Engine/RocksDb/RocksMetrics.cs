using System.Diagnostics.Metrics;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>
/// The store's meter, "SealFs.MetadataEngine": RocksDB's own properties, read when somebody collects. The store's directory tells several nodes of one process
/// apart.
/// </summary>
internal sealed class RocksMetrics : IDisposable
{
    public const string MeterName = "SealFs.MetadataEngine";

    private readonly Lock _gate = new();
    private readonly Meter _meter = new(MeterName);
    private readonly KeyValuePair<string, object?> _store;
    private RocksMetadataEngine? _engine;

    public RocksMetrics(RocksMetadataEngine engine, string directory)
    {
        _engine = engine;
        _store = new("store", directory);
        Add("sealfs.metadata.memtable.size", "By", "Write buffers, flushed ones that are still read included.", "rocksdb.size-all-mem-tables");
        Add("sealfs.metadata.files.size", "By", "Live table files.", "rocksdb.live-sst-files-size");
        Add("sealfs.metadata.keys", "{key}", "Estimated number of keys.", "rocksdb.estimate-num-keys");
        Add("sealfs.metadata.compaction.pending", "By", "Estimated bytes that compactions have to rewrite.", "rocksdb.estimate-pending-compaction-bytes");
        Add("sealfs.metadata.compaction.running", "{compaction}", "Compactions that run.", "rocksdb.num-running-compactions");
        Add("sealfs.metadata.flush.running", "{flush}", "Flushes that run.", "rocksdb.num-running-flushes");
        Add("sealfs.metadata.write.delayed", "By/s", "Rate to which writes are slowed down; 0 when they are not.", "rocksdb.actual-delayed-write-rate");
        Add("sealfs.metadata.write.stopped", "{table}", "1 while writes wait for compactions.", "rocksdb.is-write-stopped");
        _meter.CreateObservableGauge("sealfs.metadata.cache.size", ReadCache, "By", "Block cache, write buffers included.");
    }

    /// <summary>Returns when nobody reads the store for a metric any more.</summary>
    public void Dispose()
    {
        _meter.Dispose();
        lock (_gate)
            _engine = null;
    }

    private void Add(string name, string unit, string description, string property) =>
        _meter.CreateObservableGauge(name, () => Read(property), unit, description);

    private List<Measurement<long>> Read(string property)
    {
        var measurements = new List<Measurement<long>>();
        lock (_gate)
        {
            foreach (var table in _engine is null ? [] : Enum.GetValues<Table>())
                measurements.Add(new((long)_engine!.Property(table, property), _store, new("table", table.ToString())));
        }

        return measurements;
    }

    private List<Measurement<long>> ReadCache()
    {
        lock (_gate)
            return _engine is null ? [] : [new((long)_engine.CacheBytes, _store)];
    }
}
