using Microsoft.Extensions.Logging;

namespace SealFs.Client.Mountd;

public sealed partial class MountDaemon
{
    [LoggerMessage(4221, LogLevel.Information, "Serving on {SocketPath} with {Mounts} mounts")]
    private partial void LogActive(string socketPath, int mounts);

    [LoggerMessage(4222, LogLevel.Information, "Another mountd is active; waiting until it is gone")]
    private partial void LogStandby();

    [LoggerMessage(4223, LogLevel.Information, "{Count} mounts were handed over to {Successor}")]
    private partial void LogHandedOver(int count, string successor);

    [LoggerMessage(4224, LogLevel.Warning, "The mounts could not be handed over to {Successor}, and are served here again: {Reason}")]
    private partial void LogHandOverFailed(string successor, string reason);

    [LoggerMessage(4225, LogLevel.Information, "{Count} mounts were taken over from {Predecessor}")]
    private partial void LogTakenOver(int count, string predecessor);

    [LoggerMessage(4226, LogLevel.Warning, "The active mountd did not hand its mounts over: {Reason}")]
    private partial void LogTakeOverFailed(string reason);

    [LoggerMessage(4227, LogLevel.Information, "{Peer} keeps the descriptors")]
    private partial void LogPlugin(string peer);

    [LoggerMessage(4228, LogLevel.Warning, "{Peer} did not take the descriptors of {Directory}: {Reason}")]
    private partial void LogNotDeposited(string peer, string directory, string reason);

    [LoggerMessage(4229, LogLevel.Warning, "Stopping with {Count} mounts and nobody who keeps their descriptors: they end")]
    private partial void LogNobodyKeeps(int count);

    [LoggerMessage(4230, LogLevel.Error, "{Directory} did not unmount in time: its connection is aborted")]
    private partial void LogUnmountHangs(string directory);
}
