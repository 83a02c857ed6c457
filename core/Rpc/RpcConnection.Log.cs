using Microsoft.Extensions.Logging;

namespace SealFs.Core.Rpc;

internal static partial class RpcConnectionLog
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "Connected to {Endpoint}, incarnation {Incarnation:x}")]
    public static partial void Connected(this ILogger logger, RpcEndpoint endpoint, ulong incarnation);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Debug, Message = "Cannot connect to {Endpoint}: errno {Errno}")]
    public static partial void ConnectFailed(this ILogger logger, RpcEndpoint endpoint, int errno);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning, Message = "{Endpoint} did not accept the connection: {Reason}")]
    public static partial void GreetingFailed(this ILogger logger, RpcEndpoint endpoint, string reason);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Information, Message = "Lost the connection to {Endpoint}: {Reason}")]
    public static partial void ConnectionLost(this ILogger logger, RpcEndpoint endpoint, string reason);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Error, Message = "The continuation of a call to {Endpoint} threw")]
    public static partial void ContinuationFailed(this ILogger logger, Exception exception, RpcEndpoint endpoint);

    [LoggerMessage(EventId = 1006, Level = LogLevel.Error, Message = "The handler of notifications from {Endpoint} threw")]
    public static partial void NotificationFailed(this ILogger logger, Exception exception, RpcEndpoint endpoint);
}
