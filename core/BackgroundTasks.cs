namespace SealFs.Core;

/// <summary>Where work goes on by itself: a factory that is handed in, so that a simulation can run all of it in one thread, in an order of its own.</summary>
public static class BackgroundTasks
{
    /// <summary>On the thread pool.</summary>
    public static TaskFactory Default { get; } = On(TaskScheduler.Default);

    public static TaskFactory On(TaskScheduler scheduler) =>
        new(CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskContinuationOptions.None, scheduler);

    /// <summary>As Task.Run, on the factory's scheduler.</summary>
    public static Task Run(this TaskFactory tasks, Func<Task> work) => tasks.StartNew(work).Unwrap();

    /// <summary>
    /// A wait for a signal that may be given up, and that goes on where it was begun. Task.WaitAsync and Task.WhenAny go through the thread pool on the way when the signal
    /// does not run its continuations in place.
    /// </summary>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static Task OrGivenUp(this Task signal, CancellationToken cancellation) =>
        signal.ContinueWith(static done => done.GetAwaiter().GetResult(), cancellation, TaskContinuationOptions.None, TaskScheduler.Current);
}
