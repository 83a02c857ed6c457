using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>
/// RocksDB's C interface (rocksdb/c.h) under its own names, as far as it is used here. Called directly: the package's managed wrapper allocates arrays for
/// keys and values.
/// </summary>
internal static unsafe partial class RocksNative
{
    private const string Library = "rocksdb";

    [StructLayout(LayoutKind.Sequential)]
    public struct rocksdb_slice_t
    {
        public byte* Data;
        public nuint Size;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rocksdb_open_column_families(
        nint options, string name, int count, byte** names, nint* familyOptions, nint* families, byte** error);

    [LibraryImport(Library)]
    public static partial void rocksdb_close(nint db);

    [LibraryImport(Library)]
    public static partial void rocksdb_free(void* pointer);

    [LibraryImport(Library)]
    public static partial uint rocksdb_column_family_handle_get_id(nint family);

    [LibraryImport(Library)]
    public static partial void rocksdb_column_family_handle_destroy(nint family);

    [LibraryImport(Library)]
    public static partial byte rocksdb_get_into_buffer_cf(
        nint db, nint options, nint family, byte* key, nuint keyLength, byte* buffer, nuint bufferLength, nuint* valueLength, byte* found, byte** error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_get_pinned_cf(nint db, nint options, nint family, byte* key, nuint keyLength, byte** error);

    [LibraryImport(Library)]
    public static partial byte* rocksdb_pinnableslice_value(nint slice, nuint* length);

    [LibraryImport(Library)]
    public static partial void rocksdb_pinnableslice_destroy(nint slice);

    [LibraryImport(Library)]
    public static partial nint rocksdb_flushoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_flushoptions_destroy(nint options);

    [LibraryImport(Library)]
    public static partial void rocksdb_flush_cfs(nint db, nint options, nint* families, int count, byte** error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_writebatch_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_writebatch_put_log_data(nint batch, byte* blob, nuint length);

    [LibraryImport(Library)]
    public static partial nint rocksdb_writebatch_create_from(byte* representation, nuint size);

    [LibraryImport(Library)]
    public static partial void rocksdb_writebatch_destroy(nint batch);

    [LibraryImport(Library)]
    public static partial void rocksdb_write(nint db, nint options, nint batch, byte** error);

    [LibraryImport(Library)]
    public static partial void rocksdb_flush_wal(nint db, byte sync, byte** error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_create_iterator_cf(nint db, nint options, nint family);

    [LibraryImport(Library)]
    public static partial nint rocksdb_create_snapshot(nint db);

    [LibraryImport(Library)]
    public static partial void rocksdb_release_snapshot(nint db, nint snapshot);

    [LibraryImport(Library)]
    public static partial void rocksdb_readoptions_set_snapshot(nint options, nint snapshot);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_destroy(nint iterator);

    [LibraryImport(Library)]
    public static partial byte rocksdb_iter_valid(nint iterator);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_seek(nint iterator, byte* key, nuint length);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_next(nint iterator);

    [LibraryImport(Library)]
    public static partial byte* rocksdb_iter_key(nint iterator, nuint* length);

    [LibraryImport(Library)]
    public static partial byte* rocksdb_iter_value(nint iterator, nuint* length);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_get_error(nint iterator, byte** error);

    [LibraryImport(Library)]
    public static partial void rocksdb_approximate_sizes_cf(
        nint db, nint family, int count, byte** starts, nuint* startLengths, byte** ends, nuint* endLengths, ulong* sizes, byte** error);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rocksdb_property_int_cf(nint db, nint family, string name, ulong* value);

    [LibraryImport(Library)]
    public static partial nint rocksdb_readoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_readoptions_destroy(nint options);

    [LibraryImport(Library)]
    public static partial void rocksdb_readoptions_set_verify_checksums(nint options, byte value);

    [LibraryImport(Library)]
    public static partial void rocksdb_readoptions_set_iterate_upper_bound(nint options, byte* key, nuint length);

    [LibraryImport(Library)]
    public static partial nint rocksdb_writeoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_writeoptions_destroy(nint options);

    [LibraryImport(Library)]
    public static partial nint rocksdb_cache_create_lru(nuint capacity);

    [LibraryImport(Library)]
    public static partial nint rocksdb_cache_create_hyper_clock(nuint capacity, nuint estimatedEntryCharge);

    [LibraryImport(Library)]
    public static partial void rocksdb_cache_destroy(nint cache);

    [LibraryImport(Library)]
    public static partial nuint rocksdb_cache_get_usage(nint cache);

    [LibraryImport(Library)]
    public static partial nint rocksdb_filterpolicy_create_bloom_full(double bitsPerKey);

    [LibraryImport(Library)]
    public static partial nint rocksdb_write_buffer_manager_create_with_cache(nuint bufferSize, nint cache, byte allowStall);

    [LibraryImport(Library)]
    public static partial void rocksdb_write_buffer_manager_destroy(nint manager);
}
