using Microsoft.Extensions.Logging;

namespace SealFs.Core.Control;

public sealed partial class ClientSessionLoop
{
    [LoggerMessage(7021, LogLevel.Warning, "Session {Session} could not be renewed: {Reason}. Going on; trying again.")]
    private partial void LogRenewalDelayed(SessionId session, string reason);

    [LoggerMessage(7022, LogLevel.Error, "Session {Session} has ended: {Reason}")]
    private partial void LogLost(SessionId session, string reason);

    [LoggerMessage(7023, LogLevel.Warning, "Session {Session} could not be closed: {Reason}. It ends when its lease runs out.")]
    private partial void LogNotClosed(SessionId session, string reason);
}
