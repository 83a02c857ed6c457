using static SealFs.StorageNode.Engine.RocksDb.RocksNative;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>A RocksDB snapshot. Disposed before the engine.</summary>
internal sealed class RocksSnapshot(nint db, nint[] families) : IMetadataSnapshot
{
    private nint _snapshot = rocksdb_create_snapshot(db);

    public ScanCursor Scan(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
    {
        ObjectDisposedException.ThrowIf(_snapshot == 0, this);
        return new RocksScan(db, families[(int)table], from, end, _snapshot);
    }

    public void Dispose()
    {
        if (_snapshot == 0)
            return;
        rocksdb_release_snapshot(db, _snapshot);
        _snapshot = 0;
    }
}
