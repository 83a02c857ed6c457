using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>Does a round of work whenever it is woken, and at an interval when nobody wakes it; one at a time.</summary>
internal abstract class WorkLoop : IDisposable
{
    /// <summary>On a thread of its own, or as tasks where the node has no threads of its own.</summary>
    public static WorkLoop Start(NodeContext node, string name, Func<TimeSpan> interval, Action round)
    {
        // A round that fails must not end the loop, and with it the process.
        var guarded = () => node.Guard(name, round);
        return node.Execution.DiskTasks is { } tasks ? new TaskWorkLoop(tasks, node.Time, interval, guarded) : new ThreadWorkLoop(name, interval, guarded);
    }

    /// <summary>A round begins after this, however many wake it.</summary>
    public abstract void Wake();

    /// <summary>For a caller who is about to wait for the next round: where the loop has no thread to do it meanwhile, it is done now.</summary>
    public abstract void RunIfNobodyElseDoes();

    /// <summary>Ends the loop after the round under way.</summary>
    public abstract void Dispose();
}
