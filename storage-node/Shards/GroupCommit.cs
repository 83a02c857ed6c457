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
    private readonly NodeContext _node;
    private readonly LogRate _failures;
    private readonly ILogger<GroupCommit> _logger;
    private readonly Lock _gate = new();
    private readonly WorkLoop _loop;
    private List<NodeRequest> _requests = [];
    private List<NodeRequest> _spareRequests = [];
    private List<Action<Errno>> _callbacks = [];
    private List<Action<Errno>> _spareCallbacks = [];

    internal GroupCommit(NodeContext node, ILogger<GroupCommit> logger)
    {
        _node = node;
        _logger = logger;
        _failures = new LogRate(node.Time, perSecond: 1);
        _loop = WorkLoop.Start(node, "sealfs group commit", () => Interval, Round);
    }

    /// <summary>The log is synced at least this often while something is written.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Waiting now, for metrics.</summary>
    public int Waiting => _requests.Count + _callbacks.Count;

    /// <summary>Sends the request's staged reply after a sync that begins from now on, or the error when it fails.</summary>
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

    /// <summary>As <see cref="AfterSync"/>, without asking for a sync: the next one that somebody asks for, or that the interval brings.</summary>
    public void AfterNextSync(Action<Errno> callback)
    {
        lock (_gate)
            _callbacks.Add(callback);
    }

    /// <summary>As <see cref="AfterSync"/>, and asks for no sync where one comes soon anyway.</summary>
    public void WithNextSync(Action<Errno> callback)
    {
        lock (_gate)
            _callbacks.Add(callback);
        if (Interval > NodeLimits.LongestWaitForNextSync)
            _loop.Wake();
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

        var isIdle = !_node.Engine.HasUnsynced || _node.Failure is not null;
        if (requests.Count == 0 && callbacks.Count == 0 && isIdle)
            return;
        var status = Sync();
        foreach (var request in requests)
            Answer(request, status);
        foreach (var callback in callbacks)
            Call(callback, status);
        requests.Clear();
        callbacks.Clear();
    }

    private void Answer(NodeRequest request, Errno status)
    {
        try
        {
            if (status != Errno.None)
                request.StageReply(status);
            request.Send();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _node.BackgroundFailed("Answering after a sync", exception);
        }
    }

    private void Call(Action<Errno> callback, Errno status)
    {
        try
        {
            callback(status);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _node.BackgroundFailed("What follows a sync", exception);
        }
    }

    private Errno Sync()
    {
        // A log that has failed once is not asked again: nobody would know what it says of the changes before.
        if (_node.Failure is not null)
            return Errno.EIO;
        try
        {
            _node.Engine.Sync();
            return Errno.None;
        }
        catch (MetadataEngineException exception)
        {
            if (_failures.Permits())
                LogSyncFailed(exception);
            _node.NoteLoss();
            return exception.IsNoSpace ? Errno.ENOSPC : Errno.EIO;
        }
    }

    [LoggerMessage(1110, LogLevel.Error, "The metadata log could not be synced: what waited for it was answered with an error")]
    private partial void LogSyncFailed(Exception exception);
}
