using System.Text;
using Google.Protobuf;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Membership;
using SealFs.Manager.Store;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Manager;

/// <summary>Registration of nodes, and the map that follows from it.</summary>
internal sealed partial class ControlPlane
{
    public async Task<RegisterNodeResponse> RegisterNodeAsync(RegisterNodeRequest request, CancellationToken cancellation)
    {
        var uuid = CheckRegistration(request);
        using var turn = await EnterAsync(cancellation);
        var known = nodes.ByUuid(uuid);
        CheckAgainstOthers(request, known);

        var record = ToRecord(request, uuid, known?.Record.Id ?? cluster.NextNodeId, known?.Record.RegisteredUnixMs ?? NowUnixMs());
        var map = MapWith(record);
        var nextCluster = cluster with
        {
            NextNodeId = Math.Max(cluster.NextNodeId, record.Id + 1),
            MapVersion = map.Version,
            MapBuilt = map.IsBuilt,
        };
        var batch = new StoreBatch().Put(record).Put(nextCluster);
        if (map.IsBuilt && !cluster.MapBuilt)
            batch.PutShards(ClusterMapCodec.ToProto(map).Shards);
        await SaveAsync(batch);

        Adopt(record, known, nextCluster, map);
        return new RegisterNodeResponse
        {
            NodeId = record.Id,
            ClusterId = cluster.ClusterId.ToString("D"),
            ShardCount = cluster.ShardCount,
            LeaseMs = (ulong)options.NodeLease.TotalMilliseconds,
            HeartbeatIntervalMs = (ulong)options.HeartbeatInterval.TotalMilliseconds,
            TokenKey = ByteString.CopyFrom(cluster.TokenKey),
            Map = ClusterMapCodec.ToProto(map),
        };
    }

    private void Adopt(NodeRecord record, NodeEntry? known, ClusterRecord nextCluster, ClusterMap map)
    {
        var wasBuilt = cluster.MapBuilt;
        cluster = nextCluster;
        var node = known;
        if (node is null)
            nodes.Add(node = new NodeEntry(record));
        if (node.Record.Incarnation != record.Incarnation)
            node.LastSequence = 0;
        node.Record = record;
        node.LeaseEnd = After(options.NodeLease);
        LogNodeRegistered(record.Id, record.Name, record.Address, record.Incarnation);
        if (map.Version == Maps.Current.Version)
            return;
        Maps.Publish(map);
        if (map.IsBuilt && !wasBuilt)
            LogMapBuilt(map.Version, map.ShardCount, map.Nodes.Length);
    }

    /// <summary>The map with this node as it registered, built when it is the last that was waited for. The same map when nothing changed.</summary>
    private ClusterMap MapWith(NodeRecord record)
    {
        var node = record.ToClusterNode();
        var map = Maps.Current;
        if (map.Node(node.Id) != node)
            map = map.WithNode(node);
        if (map.IsBuilt || map.Nodes.Length < options.ExpectedNodes)
            return map;
        return map.WithReplicas(ShardMapBuilder.Build(map.ShardCount, map.Nodes, cluster.Copies));
    }

    private void CheckAgainstOthers(RegisterNodeRequest request, NodeEntry? known)
    {
        if (request.ClusterId.Length > 0 && request.ClusterId != cluster.ClusterId.ToString("D"))
            throw Refusal.State($"Node '{request.Name}' holds data of cluster {request.ClusterId}; this is cluster {cluster.ClusterId:D}.");
        if (known is null && request.ClusterId.Length > 0)
            throw Refusal.State($"Node '{request.Name}' says that it belongs to this cluster, but no node with its identity {request.NodeUuid} ever registered.");
        if (known is null && nodes.Count >= PlacementLimits.MaxNodes)
            throw Refusal.Full($"The cluster has {nodes.Count} nodes, which is the limit.");
        if (nodes.ByName(request.Name) is { } namesake && namesake != known)
            throw Refusal.Exists($"Another node is called '{request.Name}' (node {namesake.Id}); a node that lost its disk needs a new name.");
        if (known is not null && request.Incarnation < known.Record.Incarnation)
            throw Refusal.State($"Node '{request.Name}' has registered with incarnation {known.Record.Incarnation}; {request.Incarnation} is an earlier one.");
    }

    private static NodeRecord ToRecord(RegisterNodeRequest request, Guid uuid, uint id, long registeredUnixMs) => new()
    {
        Id = id,
        Uuid = uuid,
        Name = request.Name,
        Address = request.Address,
        UnixPath = request.UnixPath,
        HostIdentity = request.HostIdentity,
        Zone = request.Zone,
        Weight = request.Weight == 0 ? 1 : request.Weight,
        CapacityBytes = request.CapacityBytes,
        Incarnation = request.Incarnation,
        RegisteredUnixMs = registeredUnixMs,
        State = NodeState.Live,
    };

    private static Guid CheckRegistration(RegisterNodeRequest request)
    {
        if (!Guid.TryParseExact(request.NodeUuid, "D", out var uuid) || uuid == Guid.Empty)
            throw Refusal.Invalid($"'{request.NodeUuid}' is no node UUID.");
        if (request.Name.Length == 0 || Encoding.UTF8.GetByteCount(request.Name) > ControlLimits.MaxNodeNameBytes)
            throw Refusal.Invalid($"A node name has 1 to {ControlLimits.MaxNodeNameBytes} bytes.");
        if (!IsAddress(request.Address))
            throw Refusal.Invalid($"'{request.Address}' is no node address: host:port is.");
        if (Encoding.UTF8.GetByteCount(request.UnixPath) > Limits.MaxUnixPathBytes)
            throw Refusal.Invalid($"A Unix socket's path has at most {Limits.MaxUnixPathBytes} bytes.");
        CheckText("host identity", request.HostIdentity);
        CheckText("zone", request.Zone);
        if (!double.IsFinite(request.Weight) || request.Weight is < 0 or > Limits.MaxWeight)
            throw Refusal.Invalid($"A node's weight is a positive number up to {Limits.MaxWeight}, not {request.Weight}.");
        if (request.Incarnation == 0)
            throw Refusal.Invalid("A node's incarnation starts at 1.");
        return uuid;
    }

    private static void CheckText(string what, string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > Limits.MaxTextBytes)
            throw Refusal.Invalid($"The {what} is longer than {Limits.MaxTextBytes} bytes.");
    }

    private static bool IsAddress(string address)
    {
        var colon = address.LastIndexOf(':');
        return colon > 0 && address.Length <= Limits.MaxTextBytes && ushort.TryParse(address.AsSpan(colon + 1), out var port) && port != 0;
    }
}
