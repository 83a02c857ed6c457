namespace SealFs.StorageNode.Engine;

/// <summary>Walks a key range in order. Key and value are valid until the next move. One thread at a time.</summary>
public abstract class ScanCursor : IDisposable
{
    public abstract ReadOnlySpan<byte> Key { get; }

    public abstract ReadOnlySpan<byte> Value { get; }

    /// <summary>Goes to the next key; the first call goes to the first. False at the end of the range.</summary>
    public abstract bool MoveNext();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
