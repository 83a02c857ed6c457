using LiteDB;

namespace SealFs.Manager.Store;

/// <summary>
/// The default store: one LiteDB file, which keeps a write-ahead log beside it. A batch is one transaction; LiteDB recovers the log when the file is
/// opened after a crash.
/// </summary>
public sealed class LiteDbManagerStore : IManagerStore
{
    public const string FileName = "manager.db";

    private const string CollectionName = "records";
    private const string ValueField = "v";

    private readonly LiteDatabase database;
    private readonly ILiteCollection<BsonDocument> records;

    private LiteDbManagerStore(LiteDatabase database)
    {
        this.database = database;
        records = database.GetCollection(CollectionName, BsonAutoId.ObjectId);
    }

    /// <exception cref="IOException">The directory cannot be used, or another manager uses it.</exception>
    public static LiteDbManagerStore Open(string dataDirectory)
    {
        Directory.CreateDirectory(dataDirectory);
        var path = Path.Combine(dataDirectory, FileName);
        try
        {
            // Ordinal keys: the default collation would compare them by culture.
            return new(new LiteDatabase(new ConnectionString
            {
                Filename = path,
                Connection = ConnectionType.Direct,
                Collation = Collation.Binary,
            }));
        }
        catch (LiteException e)
        {
            throw new IOException($"The manager's state in '{path}' cannot be opened: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new IOException($"The manager's state in '{path}' cannot be opened (is another manager using it?): {e.Message}", e);
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
        return ValueTask.CompletedTask;
    }
}
