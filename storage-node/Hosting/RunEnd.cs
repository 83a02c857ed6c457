using Microsoft.Extensions.Logging;

namespace SealFs.StorageNode.Hosting;

/// <summary>Disposed after everything that writes to a node's directories: notes that the run has ended in order.</summary>
internal sealed partial class RunEnd(MetadataDirectory directory, ILogger<RunEnd> logger) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        try
        {
            directory.NoteEnd();
        }
        catch (IOException exception)
        {
            LogNotNoted(exception);
        }

        return ValueTask.CompletedTask;
    }

    [LoggerMessage(1315, LogLevel.Error, "The disks could not be synced at the end: the next start treats this one as a crash")]
    private partial void LogNotNoted(Exception exception);
}
