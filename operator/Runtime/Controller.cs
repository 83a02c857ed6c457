using Microsoft.Extensions.Logging;

namespace SealFs.Operator.Runtime;

/// <summary>Workers that take keys from a queue and bring about what is wanted. A key that failed comes back later; one that is done may ask to be looked at again.</summary>
public sealed partial class Controller(
    string name, WorkQueue<ObjectName> queue, Func<ObjectName, CancellationToken, Task<TimeSpan?>> reconcile, ILogger logger)
{
    private long _rounds;

    /// <summary>Reconciliations that ended, well or not.</summary>
    public long Rounds => Interlocked.Read(ref _rounds);

    public Task RunAsync(int workers, CancellationToken cancellation) => Task.WhenAll(Enumerable.Range(0, workers).Select(_ => WorkAsync(cancellation)));

    private async Task WorkAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            ObjectName key;
            try
            {
                key = await queue.TakeAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await ReconcileAsync(key, cancellation);
            queue.Done(key);
            Interlocked.Increment(ref _rounds);
        }
    }

    private async Task ReconcileAsync(ObjectName key, CancellationToken cancellation)
    {
        try
        {
            var again = await reconcile(key, cancellation);
            queue.Succeeded(key);
            if (again is { } delay)
                queue.AddAfter(key, delay);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
        catch (ApiException exception) when (exception.IsConflict)
        {
            // Somebody was faster: what is known here is old, not wrong, and the watch brings the rest in a moment.
            LogOvertaken(name, key, exception.Message);
            queue.AddAfter(key, RuntimeLimits.RetryAtLeast);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogFailed(exception, name, key);
            queue.AddAfterFailure(key);
        }
    }

    [LoggerMessage(9110, LogLevel.Debug, "{Controller} {Key} was overtaken: {Problem}")]
    private partial void LogOvertaken(string controller, ObjectName key, string problem);

    [LoggerMessage(9103, LogLevel.Warning, "{Controller} {Key} failed and is tried again")]
    private partial void LogFailed(Exception exception, string controller, ObjectName key);
}
