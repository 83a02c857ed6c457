namespace SealFs.Core.Placement;

/// <summary>Who holds a shard, and since which version of it. The epoch is raised whenever the primary or the in-sync set changes; it starts at 1.</summary>
public readonly record struct ShardAssignment(Epoch Epoch, ReplicaSet Replicas)
{
    /// <summary>Held by nobody: the cluster has no map yet.</summary>
    public static readonly ShardAssignment None = new(default, ReplicaSet.Empty);

    public NodeId Primary => Replicas.Primary;
}
