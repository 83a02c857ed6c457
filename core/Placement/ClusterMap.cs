using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SealFs.Core.Placement;

/// <summary>
/// Shard → holders, and how the nodes are reached, at one version. Immutable: a change makes a new map, so that a reader takes a reference once and
/// sees one consistent state. Lookups are an array index and allocate nothing.
/// </summary>
public sealed class ClusterMap
{
    private readonly ShardAssignment[] shards;
    private readonly FrozenDictionary<NodeId, ClusterNode> nodesById;

    /// <param name="version">Raised by one at every change.</param>
    /// <param name="clusterId">The cluster this map belongs to.</param>
    /// <param name="nodes">Every node that ever registered and was not removed.</param>
    /// <param name="shards">One entry for each shard, owned by the map from here on.</param>
    /// <exception cref="ArgumentException">A shard names a node that is not in the map, or the number of shards is out of range.</exception>
    public ClusterMap(ulong version, Guid clusterId, IEnumerable<ClusterNode> nodes, ShardAssignment[] shards)
    {
        if (shards.Length is 0 or > (int)PlacementLimits.MaxShards)
            throw new ArgumentException($"A cluster has 1 to {PlacementLimits.MaxShards} shards, not {shards.Length}.", nameof(shards));
        Version = version;
        ClusterId = clusterId;
        Nodes = [.. nodes.OrderBy(node => node.Id)];
        this.shards = shards;
        nodesById = Nodes.ToFrozenDictionary(node => node.Id);
        RequireKnownNodes();
    }

    public ulong Version { get; }

    public Guid ClusterId { get; }

    public uint ShardCount => (uint)shards.Length;

    /// <summary>In order of their ids.</summary>
    public ImmutableArray<ClusterNode> Nodes { get; }

    public ReadOnlySpan<ShardAssignment> Shards => shards;

    /// <summary>True once the expected number of nodes has registered and every shard has a primary.</summary>
    public bool IsBuilt => shards[0].Primary != default;

    /// <summary>A map in which no shard is held by anybody.</summary>
    public static ClusterMap Unbuilt(Guid clusterId, uint shardCount)
    {
        var shards = new ShardAssignment[shardCount];
        Array.Fill(shards, ShardAssignment.None);
        return new(1, clusterId, [], shards);
    }

    /// <exception cref="IndexOutOfRangeException">The shard is not below <see cref="ShardCount"/>; ids from outside are checked with <see cref="Contains"/>.</exception>
    public ShardAssignment this[ShardId shard] => shards[shard.Value];

    public bool Contains(ShardId shard) => shard.Value < (uint)shards.Length;

    /// <summary>The node that serves a shard; none (0) while the map is not built.</summary>
    public NodeId PrimaryOf(ShardId shard) => shards[shard.Value].Primary;

    public Epoch EpochOf(ShardId shard) => shards[shard.Value].Epoch;

    /// <summary>The node with this id, or null.</summary>
    public ClusterNode? Node(NodeId id) => nodesById.GetValueOrDefault(id);

    /// <summary>The next version, with other nodes.</summary>
    public ClusterMap WithNodes(IEnumerable<ClusterNode> nodes) => new(Version + 1, ClusterId, nodes, shards);

    /// <summary>The next version, with one node added or replaced.</summary>
    public ClusterMap WithNode(ClusterNode node) => WithNodes(Nodes.Where(other => other.Id != node.Id).Append(node));

    /// <summary>The next version, with the shards held by other nodes; the epoch of every shard whose primary or in-sync set changes is raised.</summary>
    public ClusterMap WithReplicas(ReadOnlySpan<ReplicaSet> replicas)
    {
        if (replicas.Length != shards.Length)
            throw new ArgumentException("The number of shards never changes.", nameof(replicas));
        var next = new ShardAssignment[shards.Length];
        for (var index = 0; index < next.Length; index++)
            next[index] = Reassign(shards[index], replicas[index]);
        return new(Version + 1, ClusterId, Nodes, next);
    }

    /// <summary>The next version, with some shards held in another way and, where that changed, other nodes. Epochs are taken as they are given.</summary>
    /// <exception cref="ArgumentException">A shard would go back to an earlier epoch, or names a node that is not in the map.</exception>
    public ClusterMap WithAssignments(IEnumerable<ClusterNode> nodes, IEnumerable<KeyValuePair<ShardId, ShardAssignment>> changed)
    {
        var next = (ShardAssignment[])shards.Clone();
        foreach (var (shard, assignment) in changed)
        {
            if (assignment.Epoch.Value < next[shard.Value].Epoch.Value)
                throw new ArgumentException($"Shard {shard} would go back from epoch {next[shard.Value].Epoch} to {assignment.Epoch}.", nameof(changed));
            next[shard.Value] = assignment;
        }
        return new(Version + 1, ClusterId, nodes, next);
    }

    private static ShardAssignment Reassign(ShardAssignment before, ReplicaSet replicas)
    {
        var sameService = before.Primary == replicas.Primary && before.Replicas.InSync.AsSpan().SequenceEqual(replicas.InSync.AsSpan());
        return new(sameService ? before.Epoch : new Epoch(before.Epoch.Value + 1), replicas);
    }

    private void RequireKnownNodes()
    {
        // Neighbouring shards often share a replica set; only a new one is looked at.
        var seen = new HashSet<ReplicaSet>(ReferenceEqualityComparer.Instance);
        foreach (var shard in shards)
        {
            if (!seen.Add(shard.Replicas))
                continue;
            foreach (var node in shard.Replicas.InSync.Concat(shard.Replicas.Learners))
            {
                if (!nodesById.ContainsKey(node))
                    throw new ArgumentException($"A shard is held by node {node}, which the map does not have.");
            }
        }
    }
}
