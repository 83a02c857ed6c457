using System.Collections.Immutable;

namespace SealFs.Core.Placement;

/// <summary>
/// The nodes that hold one shard. Compared by value. Many shards share one instance, which keeps a map of a million shards small.
/// </summary>
public sealed class ReplicaSet : IEquatable<ReplicaSet>
{
    /// <summary>Nobody: the shard of a cluster that has no map yet.</summary>
    public static readonly ReplicaSet Empty = new(default, [], []);

    private readonly int hash;

    /// <exception cref="ArgumentException">The primary is not in sync, or a node occurs twice.</exception>
    public ReplicaSet(NodeId primary, ImmutableArray<NodeId> inSync, ImmutableArray<NodeId> learners)
    {
        if (primary != default && !inSync.Contains(primary))
            throw new ArgumentException("The primary is not in the in-sync set.", nameof(primary));
        if (HasDuplicates(inSync, learners))
            throw new ArgumentException("A node occurs twice in a replica set.", nameof(inSync));
        Primary = primary;
        InSync = inSync;
        Learners = learners;
        hash = ComputeHash();
    }

    /// <summary>The node that serves the shard; none (0) when there is no map yet.</summary>
    public NodeId Primary { get; }

    /// <summary>The primary and every follower whose acknowledgement it waits for.</summary>
    public ImmutableArray<NodeId> InSync { get; }

    /// <summary>Nodes that copy the shard and are not waited for.</summary>
    public ImmutableArray<NodeId> Learners { get; }

    /// <summary>A shard held by one node alone.</summary>
    public static ReplicaSet Of(NodeId node) => new(node, [node], []);

    public bool Equals(ReplicaSet? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && hash == other.hash
            && Primary == other.Primary
            && InSync.AsSpan().SequenceEqual(other.InSync.AsSpan())
            && Learners.AsSpan().SequenceEqual(other.Learners.AsSpan()));

    public override bool Equals(object? obj) => Equals(obj as ReplicaSet);

    public override int GetHashCode() => hash;

    public override string ToString() => $"{Primary} of [{string.Join(' ', InSync)}] learners [{string.Join(' ', Learners)}]";

    // Called for every shard of a map that is read, and there are at most a handful of nodes.
    private static bool HasDuplicates(ImmutableArray<NodeId> inSync, ImmutableArray<NodeId> learners)
    {
        for (var index = 0; index < inSync.Length; index++)
        {
            if (inSync.AsSpan()[(index + 1)..].Contains(inSync[index]) || learners.Contains(inSync[index]))
                return true;
        }
        for (var index = 0; index < learners.Length; index++)
        {
            if (learners.AsSpan()[(index + 1)..].Contains(learners[index]))
                return true;
        }
        return false;
    }

    private int ComputeHash()
    {
        var code = new HashCode();
        code.Add(Primary);
        foreach (var node in InSync)
            code.Add(node);
        code.Add(-1);
        foreach (var node in Learners)
            code.Add(node);
        return code.ToHashCode();
    }
}
