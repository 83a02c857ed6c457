namespace SealFs.StorageNode.Hosting;

/// <summary>A part that is closed at once, among those that take their time.</summary>
internal sealed class OwnedPart(IDisposable part) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        part.Dispose();
        return ValueTask.CompletedTask;
    }
}
