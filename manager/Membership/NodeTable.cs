using System.Diagnostics.CodeAnalysis;
using SealFs.Core;

namespace SealFs.Manager.Membership;

/// <summary>All nodes that ever registered and were not removed, by id, by identity and by name; of those that were removed, only that they were.</summary>
internal sealed class NodeTable
{
    private readonly SortedDictionary<NodeId, NodeEntry> byId = [];
    private readonly Dictionary<Guid, NodeEntry> byUuid = [];
    private readonly Dictionary<NodeId, NodeEntry> removed = [];

    public int Count => byId.Count;

    public IEnumerable<NodeEntry> All => byId.Values;

    public IEnumerable<NodeEntry> Live => byId.Values.Where(node => node.IsLive);

    public void Add(NodeEntry node)
    {
        byUuid.Add(node.Record.Uuid, node);
        if (node.Record.Removed)
            removed.Add(node.Id, node);
        else
            byId.Add(node.Id, node);
    }

    public void Remove(NodeEntry node)
    {
        byId.Remove(node.Id);
        removed[node.Id] = node;
    }

    public bool TryGet(NodeId id, [NotNullWhen(true)] out NodeEntry? node) => byId.TryGetValue(id, out node);

    public bool WasRemoved(NodeId id, [NotNullWhen(true)] out NodeEntry? node) => removed.TryGetValue(id, out node);

    /// <summary>Also a node that was removed.</summary>
    public NodeEntry? ByUuid(Guid uuid) => byUuid.GetValueOrDefault(uuid);

    public NodeEntry? ByName(string name) => byId.Values.FirstOrDefault(node => node.Record.Name == name);
}
