using System.Runtime.InteropServices;
using static SealFs.StorageNode.Engine.RocksDb.RocksNative;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>A RocksDB iterator over one range. The bounds lie in native memory, where RocksDB refers to them as long as it lives.</summary>
internal sealed unsafe class RocksScan : ScanCursor
{
    private readonly nint _options;
    private readonly nint _iterator;
    private readonly byte* _end;
    private byte* _from;
    private readonly int _fromLength;
    private bool _disposed;

    public RocksScan(nint db, nint family, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, nint snapshot = 0)
    {
        _end = Copy(end);
        _from = Copy(from);
        _fromLength = from.Length;
        _options = rocksdb_readoptions_create();
        rocksdb_readoptions_set_iterate_upper_bound(_options, _end, (nuint)end.Length);
        if (snapshot != 0)
            rocksdb_readoptions_set_snapshot(_options, snapshot);
        _iterator = rocksdb_create_iterator_cf(db, _options, family);
    }

    ~RocksScan() => Dispose(false);

    public override ReadOnlySpan<byte> Key
    {
        get
        {
            nuint length;
            var key = rocksdb_iter_key(_iterator, &length);
            return new ReadOnlySpan<byte>(key, (int)length);
        }
    }

    public override ReadOnlySpan<byte> Value
    {
        get
        {
            nuint length;
            var value = rocksdb_iter_value(_iterator, &length);
            return new ReadOnlySpan<byte>(value, (int)length);
        }
    }

    public override bool MoveNext()
    {
        if (_from != null)
        {
            rocksdb_iter_seek(_iterator, _from, (nuint)_fromLength);
            NativeMemory.Free(_from);
            _from = null;
        }
        else
        {
            rocksdb_iter_next(_iterator);
        }

        if (rocksdb_iter_valid(_iterator) != 0)
            return true;
        byte* error = null;
        rocksdb_iter_get_error(_iterator, &error);
        RocksMetadataEngine.ThrowIf(error);
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        rocksdb_iter_destroy(_iterator);
        rocksdb_readoptions_destroy(_options);
        NativeMemory.Free(_end);
        NativeMemory.Free(_from);
    }

    private static byte* Copy(ReadOnlySpan<byte> bytes)
    {
        var copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }
}
