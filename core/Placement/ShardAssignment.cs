namespace SealFs.Core.Placement;

/// <summary>Who holds a shard, and since which version of it. The epoch is raised whenever the primary or the in-sync set changes; it starts at 1.</summary>
public readonly record struct ShardAssignment(Epoch Epoch, ReplicaSet Replicas)
{
    /// <summary>Held by nobody: the cluster has no map yet.</summary>
    public static readonly ShardAssignment None = new(default, ReplicaSet.Empty);

    public NodeId Primary => Replicas.Primary;

    /// <summary>A learner more. The service stays as it is, and so does the epoch.</summary>
    public ShardAssignment WithLearner(NodeId node) =>
        this with { Replicas = new ReplicaSet(Primary, Replicas.InSync, [.. Replicas.Learners.Where(learner => learner != node), node]) };

    /// <summary>A learner less, in the same epoch.</summary>
    public ShardAssignment WithoutLearner(NodeId node) =>
        this with { Replicas = new ReplicaSet(Primary, Replicas.InSync, [.. Replicas.Learners.Where(learner => learner != node)]) };

    /// <summary>The target has the place of the source, in a new epoch.</summary>
    public ShardAssignment Switched(NodeId source, NodeId target)
    {
        var primary = Primary == source ? target : Primary;
        var inSync = Replicas.InSync.Select(node => node == source ? target : node);
        return new(Next, new ReplicaSet(primary, [.. inSync], [.. Replicas.Learners.Where(learner => learner != target)]));
    }

    /// <summary>The same nodes in a new epoch: who had stopped serving in the earlier one serves again.</summary>
    public ShardAssignment Renewed() => this with { Epoch = Next };

    /// <summary>Held by one other node alone, in a new epoch.</summary>
    public ShardAssignment GivenTo(NodeId node) => new(Next, ReplicaSet.Of(node));

    private Epoch Next => new(Epoch.Value + 1);
}
