using System.Collections.Immutable;

namespace SealFs.Core.Placement;

/// <summary>
/// Shard → holders, and how the nodes are reached, at one version. Immutable: a change makes a new map, so that a reader takes a reference once and
/// sees one consistent state. Versions share what did not change, so that a change costs what changed. Lookups are array indexes and allocate nothing.
/// </summary>
public sealed class ClusterMap
{
    private readonly ShardAssignments shards;
    private readonly MapNodes nodes;

    /// <param name="version">Raised by one at every change.</param>
    /// <param name="clusterId">The cluster this map belongs to.</param>
    /// <param name="nodes">Every node that ever registered and was not removed.</param>
    /// <param name="shards">One entry for each shard.</param>
    /// <exception cref="ArgumentException">A shard names a node that is not in the map, or the number of shards is out of range.</exception>
    public ClusterMap(ulong version, Guid clusterId, IEnumerable<ClusterNode> nodes, ShardAssignment[] shards)
        : this(version, clusterId, new MapNodes(nodes), new ShardAssignments(CheckCount(shards)))
    {
        RequireKnownNodes();
    }

    private ClusterMap(ulong version, Guid clusterId, MapNodes nodes, ShardAssignments shards)
    {
        Version = version;
        ClusterId = clusterId;
        this.nodes = nodes;
        this.shards = shards;
    }

    public ulong Version { get; }

    public Guid ClusterId { get; }

    public uint ShardCount => (uint)shards.Length;

    /// <summary>In order of their ids.</summary>
    public ImmutableArray<ClusterNode> Nodes => nodes.Ordered;

    public ShardAssignments Shards => shards;

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
    public ShardAssignment this[ShardId shard] => shards[(int)shard.Value];

    public bool Contains(ShardId shard) => shard.Value < (uint)shards.Length;

    /// <summary>The node that serves a shard; none (0) while the map is not built.</summary>
    public NodeId PrimaryOf(ShardId shard) => this[shard].Primary;

    public Epoch EpochOf(ShardId shard) => this[shard].Epoch;

    /// <summary>The node with this id, or null.</summary>
    public ClusterNode? Node(NodeId id) => nodes.Find(id);

    /// <summary>The next version, with other nodes.</summary>
    public ClusterMap WithNodes(IEnumerable<ClusterNode> next)
    {
        var map = new ClusterMap(Version + 1, ClusterId, new MapNodes(next), shards);
        if (!nodes.AreAllIn(map.nodes))
            map.RequireKnownNodes();
        return map;
    }

    /// <summary>The next version, with one node added or replaced.</summary>
    public ClusterMap WithNode(ClusterNode node) => Next(Version + 1, [node], [], []);

    /// <summary>The next version, with the shards held by other nodes; the epoch of every shard whose primary or in-sync set changes is raised.</summary>
    public ClusterMap WithReplicas(ReadOnlySpan<ReplicaSet> replicas)
    {
        if (replicas.Length != shards.Length)
            throw new ArgumentException("The number of shards never changes.", nameof(replicas));
        var changes = new List<KeyValuePair<ShardId, ShardAssignment>>();
        for (var index = 0; index < replicas.Length; index++)
        {
            if (!shards[index].Replicas.Equals(replicas[index]))
                changes.Add(new(new ShardId((uint)index), Reassign(shards[index], replicas[index])));
        }
        return Next(Version + 1, [], [], changes);
    }

    /// <summary>The next version, with some shards held in another way and, where that changed, other nodes. Epochs are taken as they are given.</summary>
    /// <exception cref="ArgumentException">A shard would go back to an earlier epoch, or names a node that is not in the map.</exception>
    public ClusterMap WithAssignments(IEnumerable<ClusterNode> nextNodes, IEnumerable<KeyValuePair<ShardId, ShardAssignment>> changed)
    {
        var list = nextNodes.ToList();
        var changes = changed.ToList();
        foreach (var (shard, assignment) in changes)
        {
            if (assignment.Epoch.Value < this[shard].Epoch.Value)
                throw new ArgumentException($"Shard {shard} would go back from epoch {EpochOf(shard)} to {assignment.Epoch}.", nameof(changed));
        }
        var changedNodes = list.Where(node => !ReferenceEquals(Node(node.Id), node)).ToList();
        IReadOnlyCollection<NodeId> gone = list.SequenceEqual(Nodes) ? [] : [.. Nodes.Select(node => node.Id).Except(list.Select(node => node.Id))];
        return Next(Version + 1, changedNodes, gone, changes);
    }

    /// <summary>A later version of this map, made of what changed. Checks what changed, and everything only if nodes are gone.</summary>
    /// <exception cref="ArgumentException">A shard names a node that is not in the map.</exception>
    /// <exception cref="IndexOutOfRangeException">There is no such shard.</exception>
    internal ClusterMap Next(
        ulong version,
        IReadOnlyCollection<ClusterNode> changedNodes,
        IReadOnlyCollection<NodeId> removedNodes,
        IReadOnlyCollection<KeyValuePair<ShardId, ShardAssignment>> changedShards)
    {
        var map = new ClusterMap(version, ClusterId, nodes.With(changedNodes, removedNodes), shards.With(changedShards));
        if (removedNodes.Count > 0)
            map.RequireKnownNodes();
        foreach (var (_, assignment) in changedShards)
            map.nodes.RequireAll(assignment.Replicas);
        return map;
    }

    private static ShardAssignment Reassign(ShardAssignment before, ReplicaSet replicas)
    {
        var sameService = before.Primary == replicas.Primary && before.Replicas.InSync.AsSpan().SequenceEqual(replicas.InSync.AsSpan());
        return new(sameService ? before.Epoch : new Epoch(before.Epoch.Value + 1), replicas);
    }

    private static ShardAssignment[] CheckCount(ShardAssignment[] shards) => shards.Length is > 0 and <= (int)PlacementLimits.MaxShards
        ? shards
        : throw new ArgumentException($"A cluster has 1 to {PlacementLimits.MaxShards} shards, not {shards.Length}.", nameof(shards));

    private void RequireKnownNodes()
    {
        foreach (var shard in shards)
            nodes.RequireAll(shard.Replicas);
    }
}
