using System.Net;
using Microsoft.Extensions.Logging;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

internal static partial class RpcServerLog
{
    [LoggerMessage(EventId = 1101, Level = LogLevel.Information, Message = "Listening on {Address}")]
    public static partial void Listening(this ILogger logger, EndPoint address);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Debug, Message = "Connection from {Peer}")]
    public static partial void Accepted(this ILogger logger, RpcPeer peer);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Information, Message = "Connection from {Peer} ended: {Reason}")]
    public static partial void Disconnected(this ILogger logger, RpcPeer peer, string reason);

    [LoggerMessage(EventId = 1104, Level = LogLevel.Warning, Message = "Malformed frame from {Peer}: {Reason}")]
    public static partial void MalformedFrame(this ILogger logger, RpcPeer peer, string reason);

    [LoggerMessage(EventId = 1105, Level = LogLevel.Error, Message = "The handler of {Opcode} threw (peer {Peer})")]
    public static partial void HandlerFailed(this ILogger logger, Exception exception, Opcode opcode, RpcPeer peer);

    [LoggerMessage(EventId = 1106, Level = LogLevel.Error, Message = "Cannot accept connections: errno {Errno}; trying again")]
    public static partial void AcceptFailed(this ILogger logger, int errno);

    [LoggerMessage(EventId = 1107, Level = LogLevel.Warning, Message = "Refused a connection from {Peer}: too many connections")]
    public static partial void TooManyConnections(this ILogger logger, EndPoint peer);

    [LoggerMessage(EventId = 1109, Level = LogLevel.Information, Message = "No TLS connection with {Peer}: {Reason}")]
    public static partial void HandshakeFailed(this ILogger logger, EndPoint peer, string reason);

    [LoggerMessage(EventId = 1108, Level = LogLevel.Error, Message = "A hook of the handler threw")]
    public static partial void HookFailed(this ILogger logger, Exception exception);
}
