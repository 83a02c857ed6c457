using LiteDB;
using SealFs.Core.Security;

namespace SealFs.Manager.Store;

/// <summary>
/// The default store: one LiteDB file, which keeps a write-ahead log beside it. A batch is one transaction and one checkpoint; LiteDB recovers the log when
/// the file is opened after a crash.
/// </summary>
public sealed class LiteDbManagerStore : IManagerStore
{
    public const string FileName = "manager.db";
    public const string LockFileName = "manager.lock";

    private const string CollectionName = "records";
    private const string ValueField = "v";

    private readonly FileStream ownership;
    private readonly LiteDatabase database;
    private readonly ILiteCollection<BsonDocument> records;

    private LiteDbManagerStore(FileStream ownership, LiteDatabase database)
    {
        this.ownership = ownership;
        this.database = database;
        records = database.GetCollection(CollectionName, BsonAutoId.ObjectId);
    }

    /// <exception cref="IOException">The directory cannot be used, or another manager uses it.</exception>
    /// <exception cref="UnauthorizedAccessException">Other users can enter the directory.</exception>
    public static LiteDbManagerStore Open(string dataDirectory)
    {
        PrivateFiles.PrepareDirectory(dataDirectory);
        var ownership = Own(dataDirectory);
        var path = Path.Combine(dataDirectory, FileName);
        try
        {
            // Ordinal keys: the default collation would compare them by culture.
            return new(ownership, new LiteDatabase(new ConnectionString
            {
                Filename = path,
                Connection = ConnectionType.Direct,
                Collation = Collation.Binary,
            }));
        }
        catch (Exception e) when (e is LiteException or IOException)
        {
            ownership.Dispose();
            throw new IOException($"The manager's state in '{path}' cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>LiteDB lets two processes open one file, and then they damage it. A lock on a file of its own ends with the process, however that ends.</summary>
    private static FileStream Own(string dataDirectory)
    {
        try
        {
            return new FileStream(Path.Combine(dataDirectory, LockFileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"Another manager uses '{dataDirectory}', or it cannot be written: {e.Message}", e);
        }
    }

    public ValueTask<IReadOnlyDictionary<string, byte[]>> LoadAsync(CancellationToken cancellation)
    {
        var all = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var document in records.FindAll())
            all.Add(document["_id"].AsString, document[ValueField].AsBinary);
        return ValueTask.FromResult<IReadOnlyDictionary<string, byte[]>>(all);
    }

    public ValueTask ApplyAsync(StoreBatch batch, CancellationToken cancellation)
    {
        database.BeginTrans();
        try
        {
            foreach (var (key, value) in batch.Changes)
            {
                if (value is null)
                    records.Delete(key);
                else
                    records.Upsert(new BsonDocument { ["_id"] = key, [ValueField] = value });
            }
            database.Commit();

            // LiteDB writes its log from a queue in the background, after Commit has returned: a killed process loses what was still in it. A checkpoint waits
            // for the queue, and leaves data file and log so that a kill at any point of it is recovered.
            database.Checkpoint();
        }
        catch
        {
            database.Rollback();
            throw;
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        database.Dispose();
        ownership.Dispose();
        return ValueTask.CompletedTask;
    }
}
