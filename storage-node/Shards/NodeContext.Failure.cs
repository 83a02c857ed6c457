using Microsoft.Extensions.Logging;
using SealFs.StorageNode.Engine;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// What a node does about failures that no single request can answer for. When a disk as a whole has failed, it serves nothing any more: every request is answered with EIO, /healthz with 503,
/// and the manager is told. A single failure in the background is counted and logged, and the work goes on.
/// </summary>
public sealed partial class NodeContext
{
    private readonly LogRate _backgroundRate;
    private readonly ILogger _failures;
    private string? _failure;
    private long _backgroundFailures;
    private long _lateReplies;

    /// <summary>Why this node serves nothing any more, in words for people; null while it does. Ends with the process.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>Pieces of background work that ended with an exception, since the start.</summary>
    public long BackgroundFailures => Interlocked.Read(ref _backgroundFailures);

    /// <summary>Replies to requests that had been answered already: dropped.</summary>
    public long LateReplies => Interlocked.Read(ref _lateReplies);

    /// <summary>Remembers that acknowledged changes may be lost, for the next start. Set by the host.</summary>
    internal Action RememberLoss { get; set; } = static () => { };

    /// <summary>A disk has failed as a whole. The first reason counts.</summary>
    internal void Fail(string reason)
    {
        if (Interlocked.CompareExchange(ref _failure, reason, null) is not null)
            return;
        LogFailed(_failures, reason);
        NoteLoss();
        RequestHeartbeat();
    }

    /// <summary>A sync has failed: what it was to make durable may be lost, and no later sync would tell.</summary>
    internal void NoteLoss()
    {
        try
        {
            RememberLoss();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Fail($"The metadata directory cannot be written: {exception.Message}");
        }
    }

    /// <summary>A piece of background work has ended with an exception; the next one is done all the same.</summary>
    internal void BackgroundFailed(string work, Exception exception)
    {
        Interlocked.Increment(ref _backgroundFailures);
        if (_backgroundRate.Permits())
            LogBackgroundFailed(_failures, exception, work);
    }

    /// <summary>Does a piece of background work; an exception ends nothing but that piece.</summary>
    internal void Guard(string work, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            BackgroundFailed(work, exception);
        }
    }

    /// <summary>Somebody wanted to answer a request that was answered before.</summary>
    internal void CountLateReply()
    {
        Interlocked.Increment(ref _lateReplies);
        if (_backgroundRate.Permits())
            LogLateReply(_failures, new InvalidOperationException(Environment.StackTrace));
    }

    private void EngineFailed(MetadataEngineException failure)
    {
        if (!failure.IsNoSpace)
            Fail($"The metadata disk fails: {failure.Message}");
    }

    [LoggerMessage(1120, LogLevel.Critical, "This node serves nothing any more until it is started again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(1121, LogLevel.Error, "{Work} failed unexpectedly; it goes on")]
    private static partial void LogBackgroundFailed(ILogger logger, Exception exception, string work);

    [LoggerMessage(1122, LogLevel.Error, "A request was to be answered a second time; the second reply was dropped")]
    private static partial void LogLateReply(ILogger logger, Exception where);
}
