namespace SealFs.Simulator.World;

/// <summary>Something that happens at a time, in a process: a task that is continued, a timer, a frame that arrives.</summary>
internal sealed class SimulatedEvent(SimulatedProcess process, Action? action, Task? task)
{
    public SimulatedProcess Process { get; } = process;

    public Action? Action { get; } = action;

    public Task? Task { get; } = task;

    /// <summary>Where the task was queued.</summary>
    public TaskScheduler? Scheduler { get; init; }

    /// <summary>Set from any thread: a finalizer may stop the timer of a process that is long dead.</summary>
    public bool IsCancelled { get; set; }
}
