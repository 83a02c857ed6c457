namespace SealFs.StorageNode.Hosting;

/// <summary>Does a round of work whenever it is woken, and at an interval when nobody wakes it; one at a time.</summary>
internal abstract class WorkLoop : IDisposable
{
    /// <summary>On a thread of its own, or as tasks where the node has no threads of its own.</summary>
    public static WorkLoop Start(NodeExecution execution, TimeProvider time, string name, Func<TimeSpan> interval, Action round) =>
        execution.DiskTasks is { } tasks ? new TaskWorkLoop(tasks, time, interval, round) : new ThreadWorkLoop(name, interval, round);

    /// <summary>A round begins after this, however many wake it.</summary>
    public abstract void Wake();

    /// <summary>For a caller who is about to wait for the next round: where the loop has no thread to do it meanwhile, it is done now.</summary>
    public abstract void RunIfNobodyElseDoes();

    /// <summary>Ends the loop after the round under way.</summary>
    public abstract void Dispose();
}
