using System.Collections.Immutable;
using Google.Protobuf;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Core.Control;

/// <summary>
/// The cluster map as protocol buffers, on the wire and as bytes: a process that keeps the bytes can serve from its last map before any manager answers.
/// What comes in is checked, since it may come from a file or from another version.
/// </summary>
public static class ClusterMapCodec
{
    public static byte[] ToBytes(ClusterMap map) => ToProto(map).ToByteArray();

    /// <returns>The map, or null when the bytes are not one.</returns>
    public static ClusterMap? FromBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return FromProto(MapSnapshot.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public static MapSnapshot ToProto(ClusterMap map)
    {
        var snapshot = new MapSnapshot { Version = map.Version, ClusterId = map.ClusterId.ToString("D"), ShardCount = map.ShardCount };
        snapshot.Nodes.AddRange(map.Nodes.Select(ToProto));
        if (!map.IsBuilt)
            return snapshot;
        for (var index = 0; index < map.Shards.Length; index++)
            snapshot.Shards.Add(ToProto(new ShardId((uint)index), map.Shards[index]));
        return snapshot;
    }

    public static MapDiff ToProto(ClusterMapDiff diff)
    {
        var message = new MapDiff { BaseVersion = diff.BaseVersion, Version = diff.Version };
        message.Nodes.AddRange(diff.Nodes.Select(ToProto));
        message.RemovedNodes.AddRange(diff.RemovedNodes.Select(id => id.Value));
        message.Shards.AddRange(diff.Shards.Select(entry => ToProto(entry.Key, entry.Value)));
        return message;
    }

    /// <returns>The map, or null when the message contradicts itself.</returns>
    public static ClusterMap? FromProto(MapSnapshot snapshot)
    {
        if (!Guid.TryParse(snapshot.ClusterId, out var clusterId) || snapshot.ShardCount is 0 or > PlacementLimits.MaxShards)
            return null;
        if (snapshot.Shards.Count != 0 && snapshot.Shards.Count != (int)snapshot.ShardCount)
            return null;
        var shards = new ShardAssignment[snapshot.ShardCount];
        Array.Fill(shards, ShardAssignment.None);
        var interned = new Dictionary<ReplicaSet, ReplicaSet>();
        for (var index = 0; index < snapshot.Shards.Count; index++)
        {
            if (snapshot.Shards[index].Shard != index || FromProto(snapshot.Shards[index], interned) is not { } assignment)
                return null;
            shards[index] = assignment;
        }
        return Construct(() => new ClusterMap(snapshot.Version, clusterId, snapshot.Nodes.Select(FromProto), shards));
    }

    /// <returns>The difference, or null when the message contradicts itself.</returns>
    public static ClusterMapDiff? FromProto(MapDiff message)
    {
        var interned = new Dictionary<ReplicaSet, ReplicaSet>();
        var shards = ImmutableArray.CreateBuilder<KeyValuePair<ShardId, ShardAssignment>>(message.Shards.Count);
        foreach (var shard in message.Shards)
        {
            if (FromProto(shard, interned) is not { } assignment)
                return null;
            shards.Add(new(new ShardId(shard.Shard), assignment));
        }
        return new(
            message.BaseVersion,
            message.Version,
            [.. message.Nodes.Select(FromProto)],
            [.. message.RemovedNodes.Select(id => new NodeId(id))],
            shards.ToImmutable());
    }

    /// <returns>The map after the update, or null when the update does not fit <paramref name="current"/> and the full map is needed.</returns>
    public static ClusterMap? Apply(ClusterMap? current, MapUpdate update) => update.UpdateCase switch
    {
        MapUpdate.UpdateOneofCase.Full => FromProto(update.Full),
        MapUpdate.UpdateOneofCase.Diff when current is not null && FromProto(update.Diff) is { } diff => Construct(() => diff.ApplyTo(current)),
        _ => null,
    };

    public static MapNode ToProto(ClusterNode node) => new()
    {
        Id = node.Id.Value,
        Name = node.Name,
        Address = node.Address,
        UnixPath = node.UnixPath,
        HostIdentity = node.HostIdentity,
        Zone = node.Zone,
        Weight = node.Weight,
        State = (V1.NodeState)node.State,
    };

    public static ClusterNode FromProto(MapNode node) => new(
        new NodeId(node.Id),
        node.Name,
        node.Address,
        node.UnixPath,
        node.HostIdentity,
        node.Zone,
        node.Weight,
        node.State == V1.NodeState.Live ? NodeState.Live : NodeState.Dead);

    public static MapShard ToProto(ShardId shard, ShardAssignment assignment)
    {
        var message = new MapShard { Shard = shard.Value, Epoch = assignment.Epoch.Value, Primary = assignment.Primary.Value };
        foreach (var node in assignment.Replicas.InSync)
            message.InSync.Add(node.Value);
        foreach (var node in assignment.Replicas.Learners)
            message.Learners.Add(node.Value);
        return message;
    }

    private static ShardAssignment? FromProto(MapShard shard, Dictionary<ReplicaSet, ReplicaSet> interned)
    {
        var replicas = Construct(() => new ReplicaSet(
            new NodeId(shard.Primary),
            [.. shard.InSync.Select(id => new NodeId(id))],
            [.. shard.Learners.Select(id => new NodeId(id))]));
        if (replicas is null)
            return null;
        if (!interned.TryGetValue(replicas, out var known))
            interned[replicas] = known = replicas;
        return new(new Epoch(shard.Epoch), known);
    }

    // The constructors state the invariants once; here a violation is bad input, not a bug.
    private static T? Construct<T>(Func<T?> make)
        where T : class
    {
        try
        {
            return make();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
