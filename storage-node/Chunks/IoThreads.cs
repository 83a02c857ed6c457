using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Chunks;

/// <summary>The threads of a node that may wait for the data disk: large transfers, syncs, and whatever met a chunk that another thread has entered.</summary>
public sealed class IoThreads : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<WorkItem> _queue = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly Action<string, Exception> _failed;
    private readonly Thread[] _threads;
    private readonly TaskFactory? _tasks;
    private volatile bool _stopping;

    /// <param name="failed">Told what failed that is no request's.</param>
    /// <param name="threads">How many.</param>
    /// <param name="tasks">Where the work runs instead, one at a time; null for the threads.</param>
    internal IoThreads(Action<string, Exception> failed, int threads, TaskFactory? tasks = null)
    {
        _failed = failed;
        _tasks = tasks;
        if (tasks is not null)
            threads = 0;
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"data-io-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Waiting now.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    /// <summary>Runs the handler of a request on one of the threads; the request is answered Busy when too much waits.</summary>
    public void Post(NodeRequest request, Action<NodeRequest> handler)
    {
        if (!TryAdd(new WorkItem(handler, request, null)))
            request.Reply(Errno.Busy);
    }

    /// <summary>Runs other work, which is not bounded by the limit: its callers bound it.</summary>
    public void Post(Action work)
    {
        lock (_gate)
        {
            if (_stopping)
                return;
            _queue.Enqueue(new WorkItem(null, null, work));
            Announce();
        }
    }

    /// <summary>Finishes what is queued and ends the threads. Other work that comes later is dropped.</summary>
    public void Dispose()
    {
        lock (_gate)
            _stopping = true;
        if (_threads.Length > 0)
            _available.Release(_threads.Length);
        foreach (var thread in _threads)
            thread.Join();
        _available.Dispose();
    }

    private void Announce()
    {
        if (_tasks is null)
            _available.Release();
        else
            _ = _tasks.StartNew(RunOne);
    }

    private void RunOne()
    {
        WorkItem item;
        lock (_gate)
            item = _queue.Dequeue();
        Execute(item);
    }

    private bool TryAdd(WorkItem item)
    {
        lock (_gate)
        {
            if (_queue.Count >= ChunkLimits.QueuedWork)
                return false;
            _queue.Enqueue(item);
        }

        Announce();
        return true;
    }

    private void Run()
    {
        while (true)
        {
            _available.Wait();
            WorkItem item;
            lock (_gate)
            {
                if (!_queue.TryDequeue(out item))
                {
                    if (_stopping)
                        return;
                    continue;
                }
            }

            Execute(item);
        }
    }

    private void Execute(WorkItem item)
    {
        if (item.Request is { } request)
        {
            request.Try(item.Handler!);
            return;
        }

        try
        {
            item.Work!();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _failed("Work on the data disk", exception);
        }
    }

    private readonly record struct WorkItem(Action<NodeRequest>? Handler, NodeRequest? Request, Action? Work);
}
