using System.Collections.Concurrent;

namespace SealFs.Client.Mounting;

/// <summary>
/// A system call on a path that may hang in the kernel, with a limit for whoever waits. The call itself cannot be given up: it keeps its thread, and until it ends
/// no other is made for the same subject, so that a mount that hangs costs one thread and not one for each look at it.
/// </summary>
public static class TimedCall
{
    private static readonly ConcurrentDictionary<string, Task> s_running = new(StringComparer.Ordinal);

    /// <param name="subject">What is touched: a path.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="call">Runs on a thread of its own.</param>
    /// <exception cref="TimeoutException">It did not end in time, or an earlier one still hangs.</exception>
    public static async Task<T> RunAsync<T>(string subject, TimeSpan limit, Func<T> call)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        while (s_running.GetOrAdd(subject, done.Task) is var running && running != done.Task)
        {
            var left = limit - TimeProvider.System.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
                throw new TimeoutException($"An earlier call on {subject} still hangs.");
            await running.WaitAsync(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (running.IsCompleted)
                s_running.TryRemove(new(subject, running));
        }
        new Thread(() => Run(subject, call, done)) { IsBackground = true, Name = "timed call" }.Start();
        return await done.Task.WaitAsync(limit).ConfigureAwait(false);
    }

    public static Task RunAsync(string subject, TimeSpan limit, Action call) => RunAsync(subject, limit, () =>
    {
        call();
        return true;
    });

    private static void Run<T>(string subject, Func<T> call, TaskCompletionSource<T> done)
    {
        try
        {
            var result = call();
            s_running.TryRemove(new(subject, done.Task));
            done.SetResult(result);
        }
        catch (Exception problem)
        {
            s_running.TryRemove(new(subject, done.Task));
            done.SetException(problem);
        }
    }
}
