namespace SealFs.StorageNode.Engine;

/// <summary>The store as it was at one moment. Cursors made from it may live longer than it does.</summary>
public interface IMetadataSnapshot : IDisposable
{
    /// <inheritdoc cref="IMetadataEngine.Scan"/>
    ScanCursor Scan(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end);
}
