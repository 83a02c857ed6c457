using System.Text;
using Google.Protobuf;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Core.Tokens;
using SealFs.Manager.Balance;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;
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

        var record = ToRecord(request, uuid, known);
        var change = NewChange();
        change.Put(record);
        change.ChangesMapNodes = Maps.Current.Node(new(record.Id)) != record.ToClusterNode();
        var isNewIncarnation = known is not null && known.Record.Incarnation != record.Incarnation;
        if (isNewIncarnation)
            StopSwitching(change, new(record.Id));
        BuildMap(change, record);
        var isFirstMap = !Maps.Current.IsBuilt && change.Built is not null;
        await CommitAsync(change);

        nodes.TryGet(new(record.Id), out var node);
        node!.LeaseEnd = After(options.NodeLease);
        if (isNewIncarnation)
            ForgetIncarnation(node);
        LogNodeRegistered(record.Id, record.Name, record.Address, record.Incarnation);
        if (isFirstMap)
            LogMapBuilt(Maps.Current.Version, Maps.Current.ShardCount, Maps.Current.Nodes.Length);
        return new RegisterNodeResponse
        {
            NodeId = record.Id,
            ClusterId = cluster.ClusterId.ToString("D"),
            ShardCount = cluster.ShardCount,
            LeaseMs = (ulong)options.NodeLease.TotalMilliseconds,
            HeartbeatIntervalMs = (ulong)options.HeartbeatInterval.TotalMilliseconds,
            TokenKey = ByteString.CopyFrom(SessionToken.PublicKeyOf(cluster.TokenKey)),
            Map = ClusterMapCodec.ToProto(Maps.Current),
            Token = SignFor(node),
            SessionLogId = sessions.LogId,
            SessionLogPosition = sessions.LogPosition,
            LiveSessions = { sessions.Live.Select(session => session.Record.Id) },
            NewestSession = sessions.Newest,
        };
    }

    /// <summary>A token for the node's talks with others, good for the key that it registered with.</summary>
    private ByteString SignFor(NodeEntry node)
    {
        node.TokenSignedAt = clock.GetTimestamp();
        var expires = NowUnixMs() + (long)options.TokenLifetime.TotalMilliseconds;
        return ByteString.CopyFrom(SessionToken.Create(
            cluster.TokenKey, new SessionClaims(new SessionId(node.Record.Id), default, TokenAccess.Node, expires) { Key = KeyThumbprint.Of(node.Record.PublicKey) }));
    }

    private void ForgetIncarnation(NodeEntry node)
    {
        node.LastSequence = 0;
        node.LastHeartbeat = null;
        foreach (var move in moves.Of(node.Id))
        {
            move.SourceTold = false;
            if (move.Record.TargetId == node.Id)
                (move.Copy, move.TargetServes) = (null, false);
        }
    }

    /// <summary>The first map, when this node is the last that was waited for.</summary>
    private void BuildMap(ClusterChange change, NodeRecord record)
    {
        if (Maps.Current.IsBuilt)
            return;
        var records = nodes.All.Select(node => node.Record).Where(other => other.Id != record.Id).Append(record).ToList();
        if (records.Count < options.ExpectedNodes)
            return;
        var weights = new ShareWeights(records);
        var placed = records.Select(node => node.ToClusterNode() with { Weight = weights[new(node.Id)] }).ToList();
        change.Built = ShardMapBuilder.Build(cluster.ShardCount, placed, cluster.Copies);
        change.Placement = new PlacementRecord { PlacedFor = weights.Signature, Settled = true };
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
        if (known is { Record.Removed: true })
            throw Refusal.State(WasRemoved(known));
        if (known is not null && request.Incarnation < known.Record.Incarnation)
            throw Refusal.State($"Node '{request.Name}' has registered with incarnation {known.Record.Incarnation}; {request.Incarnation} is an earlier one.");
    }

    private static string WasRemoved(NodeEntry node) =>
        $"Node {node.Record.Id} '{node.Record.Name}' was removed from the cluster; to use it again, start it with empty directories, as a new node.";

    private NodeRecord ToRecord(RegisterNodeRequest request, Guid uuid, NodeEntry? known)
    {
        var others = nodes.All.Where(node => node != known).Select(node => node.Record.CountedCapacityBytes);
        return new NodeRecord
        {
            Id = known?.Record.Id ?? cluster.NextNodeId,
            Uuid = uuid,
            Name = request.Name,
            Address = request.Address,
            UnixPath = request.UnixPath,
            HostIdentity = request.HostIdentity,
            Zone = request.Zone,
            Weight = request.Weight == 0 ? 1 : request.Weight,
            CapacityBytes = request.CapacityBytes,
            CountedCapacityBytes = CountedCapacity.Of(request.CapacityBytes, known?.Record.CountedCapacityBytes ?? 0, others),
            Incarnation = request.Incarnation,
            PublicKey = request.PublicKey.ToByteArray(),
            RegisteredUnixMs = known?.Record.RegisteredUnixMs ?? NowUnixMs(),
            State = NodeState.Live,
            Draining = known?.Record.Draining ?? false,
            ShardsAtDrainStart = known?.Record.ShardsAtDrainStart ?? 0,
            MaintenanceUntilUnixMs = known?.Record.MaintenanceUntilUnixMs ?? 0,
        };
    }

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
        if (request.PublicKey.Length is 0 or > Limits.MaxPublicKeyBytes)
            throw Refusal.Invalid("A node registers with its public key.");
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
