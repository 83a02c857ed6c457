namespace SealFs.Manager.Store;

/// <summary>
/// Where the manager's state survives: a flat set of small records under string keys, changed in atomic batches. Both an embedded database and etcd can be
/// this. A store has one user at a time, which calls it one call at a time.
/// </summary>
public interface IManagerStore : IAsyncDisposable
{
    /// <summary>Every record. Called once, before anything else.</summary>
    ValueTask<IReadOnlyDictionary<string, byte[]>> LoadAsync(CancellationToken cancellation);

    /// <summary>Makes all changes of the batch or none. When it returns, they survive the death of the process.</summary>
    ValueTask ApplyAsync(StoreBatch batch, CancellationToken cancellation);
}
