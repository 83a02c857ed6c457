using SealFs.StorageNode.Engine;

namespace SealFs.StorageNode.Tests.Engine;

/// <summary>A real engine, of which changes and syncs can be made to fail.</summary>
internal sealed class FailingEngine(IMetadataEngine engine) : IMetadataEngine
{
    /// <summary>What the next changes fail with; null: they succeed.</summary>
    public string? ApplyError { get; set; }

    /// <summary>What the next syncs fail with; null: they succeed.</summary>
    public string? SyncError { get; set; }

    /// <summary>Asks before each change whether it fails.</summary>
    public Func<bool>? FailsNow { get; set; }

    public int Syncs { get; private set; }

    public Action<MetadataEngineException>? Failed { get; set; }

    public bool HasUnsynced => engine.HasUnsynced;

    public int Get(Table table, ReadOnlySpan<byte> key, Span<byte> target) => engine.Get(table, key, target);

    public PinnedValue GetPinned(Table table, ReadOnlySpan<byte> key) => engine.GetPinned(table, key);

    public void Apply(EffectBatch batch)
    {
        if (ApplyError is { } error && FailsNow?.Invoke() != false)
            Fail(error);
        engine.Apply(batch);
    }

    public ScanCursor Scan(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end) => engine.Scan(table, from, end);

    public IMetadataSnapshot TakeSnapshot() => engine.TakeSnapshot();

    public void Sync()
    {
        Syncs++;
        if (SyncError is { } error)
            Fail(error);
        engine.Sync();
    }

    public ulong ApproximateBytes(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end) => engine.ApproximateBytes(table, from, end);

    public void Dispose() => engine.Dispose();

    private void Fail(string error)
    {
        var failure = new MetadataEngineException($"The metadata store failed: {error}") { IsNoSpace = error.Contains("No space left", StringComparison.Ordinal) };
        Failed?.Invoke(failure);
        throw failure;
    }
}
