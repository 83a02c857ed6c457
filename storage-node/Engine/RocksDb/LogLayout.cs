using System.Runtime.InteropServices;
using static SealFs.StorageNode.Engine.RocksDb.RocksNative;

namespace SealFs.StorageNode.Engine.RocksDb;

/// <summary>
/// Lays the write-ahead log out ahead of its use. A sync after an append has to wait for a commit of the file system's own journal, because the file has grown; a
/// sync after writing over blocks that are there waits for the data alone, which takes a third of the time. RocksDB writes over logs it is done with
/// (recycle_log_file_num); this makes the first ones, on a thread of its own, from records without content.
/// </summary>
internal sealed unsafe class LogLayout : IDisposable
{
    /// <summary>As many as RocksDB keeps for reuse: one in use, one that its flush has not let go yet.</summary>
    public const int Files = 2;

    private const int RecordBytes = 1024 * 1024;

    /// <summary>So many times the bytes must be free: laying out must never be what fills the disk.</summary>
    private const int FreeFactor = 16;

    private readonly RocksMetadataEngine _engine;
    private readonly nint _db;
    private readonly nint[] _families;
    private readonly nint _write;
    private readonly long _fileBytes;
    private readonly Thread _thread;
    private volatile bool _stopping;

    public LogLayout(RocksMetadataEngine engine, nint db, nint[] families, nint write, long fileBytes)
    {
        _engine = engine;
        _db = db;
        _families = families;
        _write = write;
        _fileBytes = fileBytes;
        _thread = new Thread(Run) { IsBackground = true, Name = "log layout", Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    public static bool IsRoom(string directory, long fileBytes) => new DriveInfo(directory).AvailableFreeSpace > fileBytes * Files * FreeFactor;

    /// <summary>Returns when the log in use is one that was laid out, or an error or the end of the engine came first.</summary>
    public void Wait() => _thread.Join();

    public void Dispose()
    {
        _stopping = true;
        Wait();
    }

    private void Run()
    {
        try
        {
            for (var file = 0; file < Files; file++)
            {
                Fill();
                Roll();
            }

            Roll();
        }
        catch (MetadataEngineException)
        {
            // The log grows by appending then. If the store itself has failed, the next request says so.
        }
    }

    private void Fill()
    {
        // Not zeros: a page of the log that a power cut takes back shows what was laid out, and recovery passes over zeros without a word, where it stops at what is no record.
        var record = (byte*)NativeMemory.Alloc(RecordBytes);
        NativeMemory.Fill(record, RecordBytes, 0xFF);
        try
        {
            for (long done = 0; done < _fileBytes && !_stopping; done += RecordBytes)
            {
                byte* error = null;
                var batch = rocksdb_writebatch_create();
                rocksdb_writebatch_put_log_data(batch, record, RecordBytes);
                rocksdb_write(_db, _write, batch, &error);
                rocksdb_writebatch_destroy(batch);
                RocksMetadataEngine.ThrowIf(error);
            }
        }
        finally
        {
            NativeMemory.Free(record);
        }
    }

    /// <summary>A new log begins when a table's buffer is written out, which takes a change in it: a key above those of all shards, there and gone.</summary>
    private void Roll()
    {
        if (_stopping)
            return;
        using var change = new EffectBatch();
        change.Put(Table.Chunks, [0xFF, 0xFF, 0xFF, 0xFF], []);
        change.Delete(Table.Chunks, [0xFF, 0xFF, 0xFF, 0xFF]);
        _engine.Apply(change);
        _engine.Sync();
        byte* error = null;
        var options = rocksdb_flushoptions_create();
        fixed (nint* families = _families)
            rocksdb_flush_cfs(_db, options, families, _families.Length, &error);
        rocksdb_flushoptions_destroy(options);
        RocksMetadataEngine.ThrowIf(error);
    }
}
