namespace SealFs.Core.Control;

/// <summary>
/// The wish for a heartbeat at once: many callers, one heartbeat. Those who ask while a heartbeat is under way are served by the next one, because that
/// one may already have read the numbers that the caller has just changed.
/// </summary>
internal sealed class UrgentRequests
{
    private readonly Lock gate = new();
    private TaskCompletionSource asked = NewSignal();
    private TaskCompletionSource answered = NewSignal();
    private bool cancelled;

    public void Request() => RequestAsync();

    /// <returns>A task that completes when the heartbeat that takes this request has been answered.</returns>
    public Task RequestAsync()
    {
        lock (gate)
        {
            if (!cancelled)
                asked.TrySetResult();
            return answered.Task;
        }
    }

    /// <summary>Waits until somebody asks, or until the time is over.</summary>
    public async Task WaitAsync(TimeSpan limit, TimeProvider clock, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timer.Token);
        await asked.Task.OrGivenUp(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>The requests so far, now served by the caller; later ones belong to the next heartbeat.</summary>
    public TaskCompletionSource Take()
    {
        lock (gate)
        {
            var taken = answered;
            answered = NewSignal();
            asked = NewSignal();
            return taken;
        }
    }

    /// <summary>The heartbeat failed: the next one serves those who waited for it, too.</summary>
    public void PutBack(TaskCompletionSource taken)
    {
        lock (gate)
        {
            if (cancelled)
            {
                taken.TrySetCanceled();
                return;
            }
            answered.Task.ContinueWith(task => Copy(task, taken), TaskScheduler.Current);
        }
    }

    /// <summary>There will be no more heartbeats.</summary>
    public void Cancel()
    {
        lock (gate)
        {
            cancelled = true;
            answered.TrySetCanceled();
        }
    }

    private static void Copy(Task task, TaskCompletionSource to)
    {
        if (task.IsCanceled)
            to.TrySetCanceled();
        else
            to.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
