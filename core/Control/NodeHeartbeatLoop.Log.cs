using Microsoft.Extensions.Logging;

namespace SealFs.Core.Control;

public sealed partial class NodeHeartbeatLoop
{
    [LoggerMessage(7011, LogLevel.Information, "Registered as node {Node} of cluster {Cluster}, map version {MapVersion}.")]
    private partial void LogRegistered(uint node, string cluster, ulong mapVersion);

    [LoggerMessage(7012, LogLevel.Warning, "No registration yet at {Addresses}: {Reason}. Trying again.")]
    private partial void LogRegistrationDelayed(string addresses, string reason);

    [LoggerMessage(7013, LogLevel.Warning, "A heartbeat was not answered: {Reason}. The lease still holds: {HoldsLease}.")]
    private partial void LogHeartbeatLost(string reason, bool holdsLease);

    [LoggerMessage(7014, LogLevel.Warning, "The manager does not know this node any more ({Reason}); registering again.")]
    private partial void LogForgotten(string reason);

    [LoggerMessage(7015, LogLevel.Information, "The lease is back, for {LeaseMs} ms.")]
    private partial void LogLeaseRegained(ulong leaseMs);

    [LoggerMessage(7016, LogLevel.Error, "The cluster refuses this node: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(7017, LogLevel.Error, "A heartbeat failed unexpectedly. Trying again.")]
    private partial void LogHeartbeatFailed(Exception exception);
}
