using CsCheck;
using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.Manager.Balance;

namespace SealFs.Manager.Tests.Balance;

/// <summary>Clusters for the planners, and what becomes of them when a plan is carried out.</summary>
internal static class PlanningCases
{
    public const int Shards = 128;

    private static readonly Gen<PlacementNode> Node = Gen.Select(
        Gen.Double[0.5, 4], Gen.Int[0, 3], Gen.Int[0, 9], Gen.Int[0, 9],
        (weight, zone, state, room) => new PlacementNode
        {
            Id = default,
            Name = "",
            ShareWeight = weight,
            Zone = $"zone-{zone}",
            Live = state != 0,
            InMaintenance = state == 1,
            Healthy = state != 2,
            Draining = state is 3 or 4,
            Data = room == 0 ? new DiskRoom(1_000, 100) : DiskRoom.Unknown,
        });

    /// <summary>Nodes in every state, with shards lying anywhere.</summary>
    public static Gen<PlacementSnapshot> Any { get; } = Snapshots(node => node);

    /// <summary>Nodes that are all well; some are being drained.</summary>
    public static Gen<PlacementSnapshot> Well { get; } = Snapshots(node => node with { Live = true, InMaintenance = false, Healthy = true, Data = DiskRoom.Unknown });

    public static PlacementSnapshot Carry(PlacementSnapshot snapshot, IEnumerable<PlanStep> steps)
    {
        var holders = snapshot.Holders.ToArray();
        foreach (var step in steps)
            holders[step.Shard.Value] = new ShardAssignment(default, holders[step.Shard.Value]).Switched(step.Source, step.Target).Replicas;
        return snapshot with { Holders = holders };
    }

    public static int Held(PlacementSnapshot snapshot, NodeId node) => snapshot.Holders.Count(replicas => replicas.InSync.Contains(node));

    private static Gen<PlacementSnapshot> Snapshots(Func<PlacementNode, PlacementNode> adjust) =>
        from count in Gen.Int[1, 8]
        from nodes in Node.Array[count]
        from owners in Gen.Int[0, count - 1].Array[Shards]
        from bytes in Gen.ULong[1, 200].Array[Shards]
        from load in Gen.Double[0, 50].Array[Shards]
        select new PlacementSnapshot
        {
            Nodes = [.. nodes.Select((node, index) => adjust(node) with { Id = new NodeId((uint)index + 1), Name = $"node-{index + 1}" })],
            Holders = [.. owners.Select(owner => ReplicaSet.Of(new NodeId((uint)owner + 1)))],
            Copies = 1,
            Bytes = bytes,
            Load = load,
        };
}
