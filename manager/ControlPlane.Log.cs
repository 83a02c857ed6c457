using Microsoft.Extensions.Logging;

namespace SealFs.Manager;

internal sealed partial class ControlPlane
{
    [LoggerMessage(8001, LogLevel.Information,
        "Cluster {Cluster}: {Shards} shards, {Nodes} nodes, {Volumes} volumes, {Sessions} sessions. All leases start anew.")]
    private partial void LogStarted(Guid cluster, uint shards, int nodes, int volumes, int sessions);

    [LoggerMessage(8002, LogLevel.Information, "Node {Node} '{Name}' registered at {Address}, incarnation {Incarnation}.")]
    private partial void LogNodeRegistered(uint node, string name, string address, ulong incarnation);

    [LoggerMessage(8003, LogLevel.Information, "Map version {Version} built: {Shards} shards over {Nodes} nodes.")]
    private partial void LogMapBuilt(ulong version, uint shards, int nodes);

    [LoggerMessage(8004, LogLevel.Error, "Node {Node} '{Name}' is dead: its lease ran out.")]
    private partial void LogNodeDead(uint node, string name);

    [LoggerMessage(8005, LogLevel.Information, "Node {Node} '{Name}' is back.")]
    private partial void LogNodeBack(uint node, string name);

    [LoggerMessage(8006, LogLevel.Information, "Volume {Volume} '{Name}' created, quota {QuotaBytes} bytes and {QuotaInodes} inodes (0 = unlimited).")]
    private partial void LogVolumeCreated(uint volume, string name, ulong quotaBytes, ulong quotaInodes);

    [LoggerMessage(8007, LogLevel.Information, "Volume {Volume} '{Name}' resized to {QuotaBytes} bytes and {QuotaInodes} inodes (0 = unlimited).")]
    private partial void LogVolumeResized(uint volume, string name, ulong quotaBytes, ulong quotaInodes);

    [LoggerMessage(8008, LogLevel.Information, "Volume {Volume} '{Name}' deleted, {Sessions} sessions ended; the nodes purge it.")]
    private partial void LogVolumeDeleted(uint volume, string name, int sessions);

    [LoggerMessage(8009, LogLevel.Information, "Volume {Volume} '{Name}' is purged from every node.")]
    private partial void LogVolumePurged(uint volume, string name);

    [LoggerMessage(8010, LogLevel.Information, "Session {Session} on volume '{Volume}' opened by {Client} on {Host}.")]
    private partial void LogSessionOpened(ulong session, string volume, string client, string host);

    [LoggerMessage(8011, LogLevel.Information, "Session {Session} closed.")]
    private partial void LogSessionClosed(ulong session);

    [LoggerMessage(8012, LogLevel.Warning, "Session {Session} of {Client} on {Host} has ended: its lease ran out.")]
    private partial void LogSessionExpired(ulong session, string client, string host);

    [LoggerMessage(8013, LogLevel.Error, "Leases that ran out could not be dealt with; trying again.")]
    private partial void LogExpiryFailed(Exception error);
}
