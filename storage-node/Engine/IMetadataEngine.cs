namespace SealFs.StorageNode.Engine;

/// <summary>
/// An ordered store of bytes with atomic batches: what a node keeps on its metadata disk. Safe for use by many threads. A failure of the store
/// itself (disk gone, corruption) is a <see cref="MetadataEngineException"/>, never a missing key.
/// </summary>
public interface IMetadataEngine : IDisposable
{
    /// <summary>Copies the value of a key. Returns its length, or -1 when there is none.</summary>
    /// <exception cref="MetadataEngineException">The value is longer than <paramref name="target"/>, or cannot be read.</exception>
    int Get(Table table, ReadOnlySpan<byte> key, Span<byte> target);

    /// <summary>The value where it lies, without a copy. Dispose it soon: it holds a block of the cache.</summary>
    PinnedValue GetPinned(Table table, ReadOnlySpan<byte> key);

    /// <summary>Applies all effects or none, and hands them to the operating system: they survive the death of the process, not yet that of the machine.</summary>
    void Apply(EffectBatch batch);

    /// <summary>Keys from <paramref name="from"/> on, below <paramref name="end"/>, in order, as they are at this moment.</summary>
    ScanCursor Scan(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end);

    /// <summary>Keeps the store as it is at this moment, until it is disposed.</summary>
    IMetadataSnapshot TakeSnapshot();

    /// <summary>Returns when everything applied before is on stable storage.</summary>
    void Sync();

    /// <summary>True when something was applied since the last <see cref="Sync"/> began.</summary>
    bool HasUnsynced { get; }

    /// <summary>Told, on the thread that met it, when the store fails to apply or to sync. Unless its disk is just full, it stays so until it is opened again.</summary>
    Action<MetadataEngineException>? Failed { get; set; }

    /// <summary>Rough number of bytes that a key range takes on disk.</summary>
    ulong ApproximateBytes(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end);
}
