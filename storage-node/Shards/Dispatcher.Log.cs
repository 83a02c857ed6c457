using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Shards;

/// <summary>Event ids 1100 to 1109.</summary>
public sealed partial class Dispatcher
{
    [LoggerMessage(1100, LogLevel.Warning, "Session {Session} sent a request of opcode {Opcode} with a body of {BodyBytes} bytes that was not understood")]
    private partial void LogMalformed(Opcode opcode, SessionId session, int bodyBytes);

    [LoggerMessage(1101, LogLevel.Error, "{Opcode} for session {Session} failed and was answered with EIO")]
    private partial void LogHandlerFailed(Exception exception, Opcode opcode, SessionId session);
}
