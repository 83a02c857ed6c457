using SealFs.StorageNode.Engine.RocksDb;

namespace SealFs.StorageNode.Engine;

/// <summary>A value inside the engine's memory, valid until it is disposed.</summary>
public unsafe ref struct PinnedValue
{
    private readonly byte* _data;
    private readonly int _length;
    private nint _handle;

    internal PinnedValue(byte* data, int length, nint handle)
    {
        _data = data;
        _length = length;
        _handle = handle;
    }

    public readonly bool Found => _data != null;

    public readonly ReadOnlySpan<byte> Value => new(_data, _length);

    public void Dispose()
    {
        if (_handle == 0)
            return;
        RocksNative.rocksdb_pinnableslice_destroy(_handle);
        _handle = 0;
    }
}
