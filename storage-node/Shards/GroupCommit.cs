using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Hosting;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// One thread that syncs the engine's log for everybody who waits for it: all that came while one sync was under way share the next. It also syncs at an
/// interval when something was written and nobody asked.
/// </summary>
public sealed partial class GroupCommit : IDisposable
{
    private readonly IMetadataEngine _engine;
    private readonly ILogger<GroupCommit> _logger;
    private readonly Lock _gate = new();
    private readonly WorkLoop _loop;
    private List<NodeRequest> _requests = [];
    private List<NodeRequest> _spareRequests = [];
    private List<Action<Errno>> _callbacks = [];
    private List<Action<Errno>> _spareCallbacks = [];

    public GroupCommit(IMetadataEngine engine, TimeProvider time, NodeExecution execution, ILogger<GroupCommit> logger)
    {
        _engine = engine;
        _logger = logger;
        _loop = WorkLoop.Start(execution, time, "sealfs group commit", () => Interval, Round);
    }

    /// <summary>The log is synced at least this often while something is written.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Waiting now, for metrics.</summary>
    public int Waiting => _requests.Count + _callbacks.Count;

    /// <summary>Sends the request's staged reply after a sync that begins from now on, or EIO when it fails.</summary>
    public void ReplyAfterSync(NodeRequest request)
    {
        lock (_gate)
            _requests.Add(request);
        _loop.Wake();
    }

    /// <summary>Calls back, on the group commit's thread, after a sync that begins from now on. Must not block.</summary>
    public void AfterSync(Action<Errno> callback)
    {
        lock (_gate)
            _callbacks.Add(callback);
        _loop.Wake();
    }

<<<<<<< HEAD
    /// <summary>As <see cref="AfterSync"/>, without asking for a sync: the next one that somebody asks for, or that the interval brings.</summary>
    public void AfterNextSync(Action<Errno> callback)
    {
        lock (_gate)
            _callbacks.Add(callback);
=======
    /// <summary>As <see cref="AfterSync"/>, and asks for no sync where one comes soon anyway.</summary>
    public void WithNextSync(Action<Errno> callback)
    {
        lock (_gate)
            _callbacks.Add(callback);
        if (Interval > NodeLimits.LongestWaitForNextSync)
            _loop.Wake();
>>>>>>> main
    }

    /// <summary>For a caller who is going to block until its callback came.</summary>
    internal void RunIfNobodyElseDoes() => _loop.RunIfNobodyElseDoes();

    /// <summary>Serves those who wait, syncs once more, and ends the thread.</summary>
    public void Dispose()
    {
        _loop.Dispose();
        Round();
    }

    private void Round()
    {
        List<NodeRequest> requests;
        List<Action<Errno>> callbacks;
        lock (_gate)
        {
            requests = _requests;
            callbacks = _callbacks;
            (_requests, _spareRequests) = (_spareRequests, _requests);
            (_callbacks, _spareCallbacks) = (_spareCallbacks, _callbacks);
        }

        if (requests.Count == 0 && callbacks.Count == 0 && !_engine.HasUnsynced)
            return;
        var status = Sync();
        foreach (var request in requests)
        {
            if (status != Errno.None)
                request.StageReply(status);
            request.Send();
        }

        foreach (var callback in callbacks)
            callback(status);
        requests.Clear();
        callbacks.Clear();
    }

    private Errno Sync()
    {
        try
        {
            _engine.Sync();
            return Errno.None;
        }
        catch (MetadataEngineException exception)
        {
            LogSyncFailed(exception);
            return Errno.EIO;
        }
    }

    [LoggerMessage(1110, LogLevel.Error, "The metadata log could not be synced: what waited for it was answered with EIO")]
    private partial void LogSyncFailed(Exception exception);
}
