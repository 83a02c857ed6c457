using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Chunks;

/// <summary>The threads of a node that may wait for the data disk: large transfers, syncs, and whatever met a chunk that another thread has entered.</summary>
public sealed partial class IoThreads : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<WorkItem> _queue = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly ILogger _logger;
    private readonly Thread[] _threads;
    private volatile bool _stopping;

    public IoThreads(ILogger logger, int threads)
    {
        _logger = logger;
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
            _queue.Enqueue(new WorkItem(null, null, work));
        _available.Release();
    }

    /// <summary>Finishes what is queued and ends the threads.</summary>
    public void Dispose()
    {
        _stopping = true;
        _available.Release(_threads.Length);
        foreach (var thread in _threads)
            thread.Join();
        _available.Dispose();
    }

    private bool TryAdd(WorkItem item)
    {
        lock (_gate)
        {
            if (_queue.Count >= ChunkLimits.QueuedWork)
                return false;
            _queue.Enqueue(item);
        }

        _available.Release();
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
        try
        {
            if (item.Request is { } request)
                item.Handler!(request);
            else
                item.Work!();
        }
        catch (ShardRetiredException)
        {
            item.Request?.Reply(Errno.WrongEpoch);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogFailed(_logger, exception);
            item.Request?.Reply(Errno.EIO);
        }
    }

    [LoggerMessage(3010, LogLevel.Error, "Work on the data disk failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    private readonly record struct WorkItem(Action<NodeRequest>? Handler, NodeRequest? Request, Action? Work);
}
