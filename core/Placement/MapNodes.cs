using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace SealFs.Core.Placement;

/// <summary>The nodes of a map in order of their ids, and by id. Immutable, and shared by all versions between which no node changed.</summary>
internal sealed class MapNodes
{
    private readonly Dictionary<NodeId, ClusterNode> byId;

    /// <exception cref="ArgumentException">Two nodes have the same id.</exception>
    public MapNodes(IEnumerable<ClusterNode> nodes)
    {
        Ordered = [.. nodes.OrderBy(node => node.Id)];
        byId = Ordered.ToDictionary(node => node.Id);
    }

    public ImmutableArray<ClusterNode> Ordered { get; }

    public bool Contains(NodeId id) => byId.ContainsKey(id);

    public ClusterNode? Find(NodeId id) => byId.GetValueOrDefault(id);

    /// <summary>With some nodes gone, and others new or replaced.</summary>
    public MapNodes With(IReadOnlyCollection<ClusterNode> changed, IReadOnlyCollection<NodeId> removed)
    {
        if (changed.Count == 0 && removed.Count == 0)
            return this;
        var next = new Dictionary<NodeId, ClusterNode>(byId);
        foreach (var id in removed)
            next.Remove(id);
        foreach (var node in changed)
            next[node.Id] = node;
        return new(next.Values);
    }

    /// <summary>None of these nodes is missing in the other.</summary>
    public bool AreAllIn(MapNodes other) => ReferenceEquals(this, other) || byId.Keys.All(other.Contains);

    /// <exception cref="ArgumentException">A node of the set is not here.</exception>
    public void RequireAll(ReplicaSet replicas)
    {
        foreach (var node in replicas.InSync)
            Require(node);
        foreach (var node in replicas.Learners)
            Require(node);
    }

    private void Require(NodeId node)
    {
        if (!byId.ContainsKey(node))
            ThrowUnknown(node);
    }

    [DoesNotReturn]
    private static void ThrowUnknown(NodeId node) => throw new ArgumentException($"A shard is held by node {node}, which the map does not have.");
}
