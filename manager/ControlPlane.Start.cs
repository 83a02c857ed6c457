using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Core.Tokens;
using SealFs.Manager.Membership;
using SealFs.Manager.Sessions;
using SealFs.Manager.Store;
using SealFs.Manager.Volumes;

namespace SealFs.Manager;

/// <summary>Start: a new cluster, or the one that the store knows.</summary>
internal sealed partial class ControlPlane
{
    /// <exception cref="InvalidDataException">The stored state cannot be used.</exception>
    /// <exception cref="ArgumentException">The options contradict the stored state.</exception>
    public static async Task<ControlPlane> StartAsync(ManagerOptions options, IManagerStore store, ILogger<ControlPlane> logger, CancellationToken cancellation)
    {
        var records = await store.LoadAsync(cancellation);
        var cluster = RecordCodec.Cluster(records);
        if (cluster is null)
        {
            if (records.Count > 0)
                throw new InvalidDataException("The manager's state has records but none of the cluster: it is damaged.");
            cluster = NewCluster(options);
        }
        CheckAgainst(cluster, options);
        cluster = cluster with { Starts = cluster.Starts + 1 };
        await store.ApplyAsync(new StoreBatch().Put(cluster), cancellation);
        var plane = new ControlPlane(options, store, logger, cluster, RestoreMap(cluster, records));
        plane.RestoreTables(records);
        plane.LogStarted(cluster.ClusterId, cluster.ShardCount, plane.nodes.Count, plane.volumes.ActiveCount, plane.sessions.Count);
        plane.expiry = options.Tasks.Run(() => plane.ExpireAsync(plane.stopping.Token));
        plane.planning = options.Tasks.Run(() => plane.PlanByItselfAsync(plane.stopping.Token));
        return plane;
    }

    private static ClusterRecord NewCluster(ManagerOptions options) => new()
    {
        Format = ClusterRecord.CurrentFormat,
        ClusterId = NewGuid(options),
        TokenKey = SessionToken.CreateKey(),
        Starts = 0,
        ShardCount = options.Shards ?? PlacementLimits.DefaultShards,
        Copies = options.Copies,
        MapVersion = 1,
        MapBuilt = false,
        NextNodeId = 1,
        NextVolumeId = 1,
    };

    private static Guid NewGuid(ManagerOptions options)
    {
        Span<byte> bytes = stackalloc byte[16];
        options.FillRandom(bytes);
        return new Guid(bytes);
    }

    private static void CheckAgainst(ClusterRecord cluster, ManagerOptions options)
    {
        if (cluster.Format != ClusterRecord.CurrentFormat)
            throw new InvalidDataException($"The manager's state has format {cluster.Format}; this version knows {ClusterRecord.CurrentFormat}.");
        if (options.Shards is { } shards && shards != cluster.ShardCount)
            throw new ArgumentException($"The cluster was created with {cluster.ShardCount} shards, which never changes; {shards} were asked for.");
    }

    private static ClusterMap RestoreMap(ClusterRecord cluster, IReadOnlyDictionary<string, byte[]> records)
    {
        var snapshot = new MapSnapshot { Version = cluster.MapVersion, ClusterId = cluster.ClusterId.ToString("D"), ShardCount = cluster.ShardCount };
        snapshot.Nodes.AddRange(RecordCodec.Nodes(records).Where(node => !node.Removed).Select(node => ClusterMapCodec.ToProto(node.ToClusterNode())));
        if (cluster.MapBuilt)
            snapshot.Shards.AddRange(RecordCodec.Shards(records));
        if (ClusterMapCodec.FromProto(snapshot) is not { } map || map.IsBuilt != cluster.MapBuilt)
            throw new InvalidDataException("The cluster map in the manager's state contradicts itself.");
        return map;
    }

    private void RestoreTables(IReadOnlyDictionary<string, byte[]> records)
    {
        foreach (var record in RecordCodec.Nodes(records))
            nodes.Add(new NodeEntry(record) { LeaseEnd = After(options.NodeLease) });

        // Live nodes still apply ceilings that the last manager gave them; until each has reported, nothing more is granted.
        var unheard = LiveNodeIds();
        foreach (var record in RecordCodec.Volumes(records))
            volumes.Add(new VolumeEntry(record, unheard));
        foreach (var record in RecordCodec.Usage(records))
            RestoreUsage(record);
        foreach (var record in RecordCodec.Sessions(records))
            sessions.Add(new SessionEntry(record, After(options.SessionLease)));
        RestoreMoves(records);
        CountUp();
    }

    private void RestoreUsage(UsageRecord record)
    {
        var node = new NodeId(record.NodeId);
        foreach (var usage in record.Volumes)
        {
            var volume = volumes.ById(new VolumeId(usage.VolumeId));
            volume?.Bytes.Restore(node, usage.Bytes);
            volume?.Inodes.Restore(node, usage.Inodes);
        }
    }
}
