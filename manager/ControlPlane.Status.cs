using System.Reflection;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Manager.Membership;

namespace SealFs.Manager;

/// <summary>The state of the cluster, for people.</summary>
internal sealed partial class ControlPlane
{
    public async Task<ClusterStatusResponse> ClusterStatusAsync(CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var map = Maps.Current;
        var live = nodes.Live.ToList();
        var status = new ClusterStatusResponse
        {
            ClusterId = cluster.ClusterId.ToString("D"),
            ManagerVersion = typeof(ControlPlane).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            MapVersion = map.Version,
            ShardCount = cluster.ShardCount,
            MapBuilt = map.IsBuilt,
            ExpectedNodes = (uint)options.ExpectedNodes,
            Copies = (uint)cluster.Copies,
            NodesLive = (uint)live.Count,
            NodesDead = (uint)(nodes.Count - live.Count),
            Volumes = (uint)volumes.ActiveCount,
            VolumesDeleting = (uint)volumes.Deleting.Count(),
            Sessions = (uint)sessions.Count,
            UptimeMs = (ulong)clock.GetElapsedTime(started).TotalMilliseconds,
        };
        var (room, freeBytes) = ClusterDisks.Count(live);
        status.CapacityBytes = room.CapacityBytes;
        status.FreeBytes = freeBytes;
        if (map.IsBuilt)
        {
            var alive = live.Select(node => node.Id).ToHashSet();
            foreach (var shard in map.Shards)
                status.ShardsUnavailable += alive.Contains(shard.Primary) ? 0u : 1u;
        }
        return status;
    }

    public async Task<IReadOnlyList<NodeStatus>> ListNodesAsync(CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var primaries = new Dictionary<NodeId, uint>();
        var replicas = new Dictionary<NodeId, uint>();
        foreach (var shard in Maps.Current.Shards)
        {
            primaries[shard.Primary] = primaries.GetValueOrDefault(shard.Primary) + 1;
            foreach (var node in shard.Replicas.InSync)
                replicas[node] = replicas.GetValueOrDefault(node) + 1;
        }
        var bytes = shardUse.BytesByNode(Maps.Current);
        return
        [
            .. nodes.All.Select(node => Describe(
                node, primaries.GetValueOrDefault(node.Id), replicas.GetValueOrDefault(node.Id), bytes.GetValueOrDefault(node.Id))),
        ];
    }

    private NodeStatus Describe(NodeEntry node, uint primaryShards, uint replicaShards, ulong shardBytes) => new()
    {
        Node = ClusterMapCodec.ToProto(node.Record.ToClusterNode()),
        Incarnation = node.Record.Incarnation,
        CapacityBytes = node.LastHeartbeat?.CapacityBytes ?? node.Record.CapacityBytes,
        FreeBytes = node.LastHeartbeat?.FreeBytes ?? 0,
        MetadataCapacityBytes = node.LastHeartbeat?.MetadataCapacityBytes ?? 0,
        MetadataFreeBytes = node.LastHeartbeat?.MetadataFreeBytes ?? 0,
        Health = node.LastHeartbeat?.Health ?? NodeHealth.Ok,
        HealthText = node.LastHeartbeat?.HealthText ?? "",
        LeaseLeftMs = node.IsLive ? LeftMs(node.LeaseEnd) : 0,
        PrimaryShards = primaryShards,
        ReplicaShards = replicaShards,
        MapVersion = node.LastHeartbeat?.MapVersion ?? 0,
        RegisteredUnixMs = node.Record.RegisteredUnixMs,
        Drain = node.Record.Draining ? DrainOf(node) : null,
        MaintenanceUntilUnixMs = node.InMaintenance(NowUnixMs()) ? node.Record.MaintenanceUntilUnixMs : 0,
        ShardBytes = shardBytes,
    };
}
