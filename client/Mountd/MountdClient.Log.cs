using Microsoft.Extensions.Logging;

namespace SealFs.Client.Mountd;

public sealed partial class MountdClient
{
    [LoggerMessage(4241, LogLevel.Information, "Connected with {Mountd}; {Deposits} mounts are kept here")]
    private partial void LogConnected(string mountd, int deposits);

    [LoggerMessage(4242, LogLevel.Warning, "The connection with mountd ended ({Reason}); {Deposits} mounts are kept here for its successor")]
    private partial void LogDisconnected(string reason, int deposits);

    [LoggerMessage(4243, LogLevel.Error, "No mountd for {Seconds:F0} s: the mount on {Directory} is aborted, so that its users do not wait for ever")]
    private partial void LogOrphaned(double seconds, string directory);

    [LoggerMessage(4244, LogLevel.Warning, "mountd did not take {Directory} back: {Reason}")]
    private partial void LogNotRestored(string directory, string reason);
}
