using Microsoft.Extensions.Logging;

namespace SealFs.Client.Mountd;

internal sealed partial class MountdConnection
{
    [LoggerMessage(4201, LogLevel.Debug, "The connection with {Peer} ended: {Reason}")]
    private partial void LogClosed(string peer, string reason);

    [LoggerMessage(4202, LogLevel.Error, "A question of {Peer} could not be answered")]
    private partial void LogHandlerFailed(Exception problem, string peer);
}
