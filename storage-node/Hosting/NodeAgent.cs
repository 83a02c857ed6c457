using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Core.Tokens;
using SealFs.StorageNode.Quota;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;
using VolumeState = SealFs.StorageNode.Shards.VolumeState;

namespace SealFs.StorageNode.Hosting;

/// <summary>What the node tells the manager in its heartbeats, and what it makes of the answers.</summary>
internal sealed partial class NodeAgent(
    NodeContext node,
    INodeDirectory directory,
    NodeOptions options,
    NodeAddress address,
    NodeDisks disks,
    VolumeRemoval removal,
    Learners learners,
    ILogger<NodeAgent> logger) : INodeAgent
{
    /// <summary>The reserve of a disk is at most one part in so many.</summary>
    private const ulong SmallDiskReserveShare = 10;

    private readonly ShardUsageReports _shards = new(node);
    private readonly SessionCleanup _cleanup = new(node);
    private readonly TaskCompletionSource<string> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Dictionary<VolumeId, (VolumeUsageDelta Used, VolumeUsageDelta Moved)> _reported = [];
    private List<VolumeId> _arrived = [];
    private Task _ending = Task.CompletedTask;

    /// <summary>Completes with the reason when the cluster does not want this process any more.</summary>
    public Task<string> Refused => _refused.Task;

    /// <summary>Completes when the sessions that ended so far have been cleaned up after.</summary>
    public Task SessionsEnded => _ending;

    public RegisterNodeRequest Describe() => new()
    {
        NodeUuid = directory.Identity.Uuid.ToString("D"),
        ClusterId = directory.Identity.ClusterId == Guid.Empty ? "" : directory.Identity.ClusterId.ToString("D"),
        Name = options.Name ?? string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{address.Port}"),
        Address = address.Advertised,
        UnixPath = address.UnixPath,
        HostIdentity = HostIdentity.Current,
        Zone = options.Zone,
        Weight = options.Weight,
        CapacityBytes = Measure(disks.Data).TotalBytes,
        Incarnation = directory.Identity.Incarnation,
        PublicKey = ByteString.CopyFrom((node.PeerKey ??= BearerKey.Create()).PublicKey),
    };

    public void OnRegistered(RegisterNodeResponse registration, ClusterMap map)
    {
        directory.Registered(Guid.Parse(registration.ClusterId), new NodeId(registration.NodeId));
        node.TokenKey = registration.TokenKey.ToByteArray();
        OnToken(registration.Token.Memory);
        node.BecomeMember();
        node.Follow(map);
    }

    public void Report(HeartbeatRequest heartbeat)
    {
        // More sessions have ended than are remembered: another list is needed.
        if (!node.Sessions.IsListed)
            (heartbeat.SessionLogId, heartbeat.SessionLogPosition) = (0, 0);
        var data = Measure(disks.Data);
        var metadata = Measure(disks.Metadata);
        heartbeat.CapacityBytes = data.TotalBytes;
        heartbeat.FreeBytes = data.FreeBytes;
        heartbeat.MetadataCapacityBytes = metadata.TotalBytes;
        heartbeat.MetadataFreeBytes = metadata.FreeBytes;
        heartbeat.DataDisk = data.Disk;
        heartbeat.MetadataDisk = metadata.Disk;
        WatchReserve(metadata);
        heartbeat.AvailableBytes = node.MetadataDiskIsFull ? 0 : Beyond(data.FreeBytes, QuotaLimits.ReserveOf(data.TotalBytes));
        heartbeat.MetadataAvailableBytes = Beyond(metadata.FreeBytes, MetadataReserve(metadata));
        if (node.MetadataDiskIsFull)
        {
            heartbeat.Health = NodeHealth.Degraded;
            heartbeat.HealthText = $"The metadata disk has {metadata.FreeBytes} bytes left: nothing can be added.";
        }

        if (node.Failure is { } failure)
        {
            heartbeat.Health = NodeHealth.Failed;
            heartbeat.HealthText = failure;
        }

        // Before the usage is added up: what comes later is asked for with the next heartbeat.
        _arrived.AddRange(learners.TakeArrived());
        var reported = new Dictionary<VolumeId, (VolumeUsageDelta, VolumeUsageDelta)>();
        foreach (var usage in node.AllUsage)
            heartbeat.Volumes.Add(Report(usage, reported));
        _reported = reported;
        learners.Report(heartbeat);
        _shards.Report(heartbeat);
        heartbeat.PurgedVolumes.AddRange(removal.Removed.Select(volume => volume.Value));
    }

    public void OnToken(ReadOnlyMemory<byte> token)
    {
        node.Sessions.Heard();
        if (!token.IsEmpty)
            node.PeerToken = token;
    }

    public void OnRoom(ClusterRoom room) => node.Room = room;

    public void OnVolumes(IReadOnlyList<VolumeGrant> volumes)
    {
        node.Follow(volumes.Select(ToState));
        node.Quota.CeilingsChanged();
        foreach (var volume in _arrived)
        {
            if (node.Volume(volume) is null)
                removal.RemoveAgain(volume);
        }

        _arrived = [];
    }

    public void OnCopyOrders(IReadOnlyList<CopyOrder> orders) => learners.Follow(orders);

    public void OnPurgeVolumes(IReadOnlyList<VolumeId> volumes) => removal.Remove(volumes);

    public void OnSessionsEnded(IReadOnlyList<SessionId> sessions) => EndLater(() => sessions);

    public void OnSessionsListed(IReadOnlySet<SessionId> live, ulong newest)
    {
        node.Sessions.Listed(live, newest);
        EndLater(() => Unlisted(live, newest));
    }

    public void OnRefused(string reason)
    {
        LogRefused(reason);
        _refused.TrySetResult(reason);
    }

    /// <summary>What something is kept for and has ended. Those that were opened after the list was made live; numbers below 2^32 are other nodes'.</summary>
    private HashSet<SessionId> Unlisted(IReadOnlySet<SessionId> live, ulong newest)
    {
        var known = _cleanup.Known();
        known.ExceptWith(live);
        known.RemoveWhere(session => session.Value <= uint.MaxValue || node.Sessions.IsNewerThan(session, newest));
        return known;
    }

    private VolumeReport Report(VolumeUsage usage, Dictionary<VolumeId, (VolumeUsageDelta Used, VolumeUsageDelta Moved)> reported)
    {
        // What came in between is missing in the usage rather than counted twice.
        var moved = usage.Moved;
        var leaving = node.Leaving(usage.Volume);
        var (bytes, inodes) = (usage.UsedBytes + leaving.Bytes, usage.Inodes + leaving.Inodes);
        reported[usage.Volume] = (new VolumeUsageDelta(bytes, inodes), new VolumeUsageDelta(moved.Bytes + leaving.Bytes, moved.Inodes + leaving.Inodes));
        var reserved = node.Quota.Reserved(usage.Volume);
        var (ceilingBytes, ceilingInodes) = node.Volume(usage.Volume)?.CeilingsNow(usage) ?? default;
        return new VolumeReport
        {
            VolumeId = usage.Volume.Value,
            UsedBytes = (ulong)Math.Max(0, bytes + reserved.Bytes),
            UsedInodes = (ulong)Math.Max(0, inodes + reserved.Inodes),
            CeilingBytes = Raised(ceilingBytes, leaving.Bytes),
            CeilingInodes = Raised(ceilingInodes, leaving.Inodes),
            LeavingBytes = (ulong)Math.Max(0, leaving.Bytes),
            LeavingInodes = (ulong)Math.Max(0, leaving.Inodes),
            Urgent = node.Quota.IsUrgent(usage.Volume),
        };
    }

    /// <summary>A disk that cannot be asked has nothing free; what is wrong with it shows in what fails on it.</summary>
    private static DiskSpace Measure(Func<DiskSpace> ask)
    {
        try
        {
            return ask();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new DiskSpace(0, 0);
        }
    }

    /// <summary>The ceiling as it is told: what left and is told still goes with it.</summary>
    private static ulong Raised(ulong ceiling, long leaving) =>
        ceiling == 0 || ceiling >= long.MaxValue ? ceiling : Math.Min(ceiling + (ulong)Math.Max(0, leaving), long.MaxValue);

    private VolumeState ToState(VolumeGrant grant)
    {
        var id = new VolumeId(grant.Volume.Id);
        var (reported, moved) = _reported.GetValueOrDefault(id);
        return new VolumeState
        {
            Id = id,
            Sync = grant.Volume.Durability == VolumeDurability.Sync,
            InlineLimitBytes = (uint)grant.Volume.InlineLimitBytes,
            ChunkSizeBytes = grant.Volume.ChunkSizeBytes,
            CreatedUnixMs = grant.Volume.CreatedUnixMs,
            QuotaBytes = grant.Volume.QuotaBytes,
            QuotaInodes = grant.Volume.QuotaInodes,
            UsedBytes = grant.Volume.UsedBytes,
            UsedInodes = grant.Volume.UsedInodes,
            ReportedBytes = reported.Bytes,
            ReportedInodes = reported.Inodes,
            CeilingBytes = grant.CeilingBytes,
            CeilingInodes = grant.CeilingInodes,
            MovedBefore = moved,
            MoreExpected = grant.MoreExpected,
        };
    }

    /// <summary>Walks all shards, so it does not hold up the heartbeat; one after the other.</summary>
    private void EndLater(Func<IEnumerable<SessionId>> sessions) =>
        _ending = _ending.ContinueWith(
            _ =>
            {
                foreach (var session in sessions())
                    End(session);
            },
            node.Tasks.Scheduler ?? TaskScheduler.Default);

    private void End(SessionId session) => node.Guard("Cleaning up after a session", () =>
    {
        _cleanup.End(session);
        LogSessionEnded(session);
    });

    private ulong MetadataReserve(DiskSpace disk) => Math.Min((ulong)options.MetadataReserveBytes, disk.TotalBytes / SmallDiskReserveShare);

    private static ulong Beyond(ulong freeBytes, ulong reserveBytes) => freeBytes > reserveBytes ? freeBytes - reserveBytes : 0;

    private void WatchReserve(DiskSpace disk)
    {
        // Of a small disk, a share: it would count as full for ever. Somewhat more than the reserve must be free before adding goes on, so that the state
        // does not flicker.
        var freeBytes = disk.FreeBytes;
        var reserve = MetadataReserve(disk);
        var full = freeBytes < (node.MetadataDiskIsFull ? reserve + (reserve / 4) : reserve);
        if (full == node.MetadataDiskIsFull)
            return;
        node.MetadataDiskIsFull = full;
        LogReserve(full, freeBytes);
    }

    [LoggerMessage(1300, LogLevel.Error, "The cluster refuses this node: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(1301, LogLevel.Information, "Session {Session} has ended; its open references and answers are gone")]
    private partial void LogSessionEnded(SessionId session);

    [LoggerMessage(1302, LogLevel.Warning, "The metadata disk is full: {Full} ({FreeBytes} bytes free)")]
    private partial void LogReserve(bool full, ulong freeBytes);
}
