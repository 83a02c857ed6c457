using Microsoft.Extensions.Logging;

namespace SealFs.Core.Control;

public sealed partial class MapWatcher
{
    [LoggerMessage(7001, LogLevel.Warning, "The watch stream from {Addresses} ended: {Reason}. Serving from the last map; trying again.")]
    private partial void LogStreamLost(string addresses, string reason);

    [LoggerMessage(7002, LogLevel.Warning, "The manager sent a map update that does not fit version {Version}; asking for the whole map.")]
    private partial void LogUpdateRefused(ulong version);

    [LoggerMessage(7003, LogLevel.Error, "The manager's map is of cluster {Received}, but this process belongs to cluster {Own}: ignored.")]
    private partial void LogForeignMap(Guid received, Guid own);

    [LoggerMessage(7004, LogLevel.Error, "Following a new map failed. Trying again.")]
    private partial void LogFollowerFailed(Exception exception);
}
