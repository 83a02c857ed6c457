using Microsoft.Extensions.Logging;

namespace SealFs.Client.Mounting;

internal sealed partial class KeptSession
{
    [LoggerMessage(4111, LogLevel.Warning, "The session was lost: {Reason}; opening another one")]
    private static partial void LogLost(ILogger logger, string reason);

    [LoggerMessage(4112, LogLevel.Error, "No other session could be opened: {Reason}")]
    private static partial void LogNotReopened(ILogger logger, string reason);
}
