using System.Runtime.InteropServices;
using static SealFs.StorageNode.Engine.RocksDb.RocksNative;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>
/// The tuning of RocksDB, and the native objects it consists of. Memory is bounded by one cache: data blocks, indexes, filters (partitioned, so that only the
/// parts in use are held) and write buffers are all charged to it.
/// </summary>
internal sealed unsafe class RocksConfiguration : IDisposable
{
    public const int TableCount = 3;

    /// <summary>kLZ4Compression: about half the bytes for small rows, at a speed that flushes do not notice.</summary>
    private const int Lz4 = 4;

    /// <summary>
    /// kPointInTimeRecovery: the log is good up to the first record that is not whole. In a log that was written over, what is left of its former use counts as the
    /// end: every record names the log it belongs to.
    /// </summary>
    private const int PointInTimeRecovery = 2;

    /// <summary>kTwoLevelIndexSearch.</summary>
    private const int TwoLevelIndex = 2;

    /// <summary>kDataBlockBinaryAndHash: a point lookup within a block needs no binary search.</summary>
    private const int BinaryAndHash = 1;

    private const double BloomBitsPerKey = 10;
    private const double MemtableFilterShare = 0.02;
    private const int OpenFiles = 512;

    private static readonly string[] s_names = ["default", "inline-data", "chunks"];

    private readonly nint _cache;
    private readonly nint _buffers;
    private readonly nint _options;
    private readonly nint[] _familyOptions = new nint[TableCount];
    private readonly nint[] _tableOptions = new nint[TableCount];

    public RocksConfiguration(MetadataEngineOptions options)
    {
        _cache = rocksdb_cache_create_hyper_clock((nuint)options.CacheBytes, 0);
        _buffers = rocksdb_write_buffer_manager_create_with_cache((nuint)options.WriteBufferBytes, _cache, 0);
        _options = Database(options);
        for (var table = 0; table < TableCount; table++)
            _familyOptions[table] = Family((Table)table, options, out _tableOptions[table]);
    }

    public ulong CacheBytes => rocksdb_cache_get_usage(_cache);

    /// <summary>Opens the store, or makes it.</summary>
    public nint Open(string directory, nint[] families)
    {
        byte* error = null;
        var names = stackalloc byte*[TableCount];
        for (var table = 0; table < TableCount; table++)
            names[table] = (byte*)Marshal.StringToCoTaskMemUTF8(s_names[table]);
        nint db;
        fixed (nint* options = _familyOptions)
        fixed (nint* handles = families)
            db = rocksdb_open_column_families(_options, directory, TableCount, names, options, handles, &error);
        for (var table = 0; table < TableCount; table++)
            Marshal.FreeCoTaskMem((nint)names[table]);
        RocksMetadataEngine.ThrowIf(error);
        return db;
    }

    public void Dispose()
    {
        foreach (var family in _familyOptions)
            rocksdb_options_destroy(family);
        foreach (var table in _tableOptions)
            rocksdb_block_based_options_destroy(table);
        rocksdb_options_destroy(_options);
        rocksdb_write_buffer_manager_destroy(_buffers);
        rocksdb_cache_destroy(_cache);
    }

    private nint Database(MetadataEngineOptions options)
    {
        var db = rocksdb_options_create();
        rocksdb_options_set_create_if_missing(db, 1);
        rocksdb_options_set_create_missing_column_families(db, 1);
        rocksdb_options_set_paranoid_checks(db, 1);
        rocksdb_options_set_max_open_files(db, OpenFiles);
        rocksdb_options_set_max_background_jobs(db, options.BackgroundJobs);
        rocksdb_options_set_write_buffer_manager(db, _buffers);
        rocksdb_options_set_max_total_wal_size(db, (ulong)options.WriteBufferBytes * 4);
        rocksdb_options_set_wal_recovery_mode(db, PointInTimeRecovery);
        rocksdb_options_set_recycle_log_file_num(db, LogLayout.Files);
        rocksdb_options_set_bytes_per_sync(db, 1024 * 1024);
        rocksdb_options_set_keep_log_file_num(db, 3);
        rocksdb_options_set_max_log_file_size(db, 8 * 1024 * 1024);
        rocksdb_options_set_stats_dump_period_sec(db, 0);
        return db;
    }

    private nint Family(Table table, MetadataEngineOptions options, out nint blocks)
    {
        var family = rocksdb_options_create();
        // Inline data are long values that are read whole: larger blocks would only read more than asked for, and do not help either.
        rocksdb_options_set_write_buffer_size(family, (nuint)Math.Min(options.WriteBufferBytes / 2, 64 * 1024 * 1024));
        rocksdb_options_set_max_write_buffer_number(family, 3);
        rocksdb_options_set_level_compaction_dynamic_level_bytes(family, 1);
        rocksdb_options_set_target_file_size_base(family, 32 * 1024 * 1024);
        rocksdb_options_set_max_bytes_for_level_base(family, 256UL * 1024 * 1024);
        rocksdb_options_set_compression(family, Lz4);
        if (table == Table.Metadata)
        {
            // Creates and negative lookups ask for names that are not there; the filter spares them the walk through the memtable.
            rocksdb_options_set_memtable_prefix_bloom_size_ratio(family, MemtableFilterShare);
            rocksdb_options_set_memtable_whole_key_filtering(family, 1);
        }

        blocks = Blocks(table);
        rocksdb_options_set_block_based_table_factory(family, blocks);
        return family;
    }

    private nint Blocks(Table table)
    {
        var blocks = rocksdb_block_based_options_create();
        rocksdb_block_based_options_set_block_cache(blocks, _cache);
        rocksdb_block_based_options_set_block_size(blocks, table == Table.InlineData ? 16u * 1024 : 4u * 1024);
        rocksdb_block_based_options_set_filter_policy(blocks, rocksdb_filterpolicy_create_bloom_full(BloomBitsPerKey));
        rocksdb_block_based_options_set_whole_key_filtering(blocks, 1);
        rocksdb_block_based_options_set_index_type(blocks, TwoLevelIndex);
        rocksdb_block_based_options_set_partition_filters(blocks, 1);
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(blocks, 1);
        rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(blocks, 1);
        rocksdb_block_based_options_set_pin_top_level_index_and_filter(blocks, 1);
        rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(blocks, 1);
        rocksdb_block_based_options_set_data_block_index_type(blocks, BinaryAndHash);
        return blocks;
    }
}
