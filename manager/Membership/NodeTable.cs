using System.Diagnostics.CodeAnalysis;
using SealFs.Core;

namespace SealFs.Manager.Membership;

/// <summary>All nodes that ever registered, by id, by identity and by name.</summary>
internal sealed class NodeTable
{
    private readonly SortedDictionary<NodeId, NodeEntry> byId = [];
    private readonly Dictionary<Guid, NodeEntry> byUuid = [];

    public int Count => byId.Count;

    public IEnumerable<NodeEntry> All => byId.Values;

    public IEnumerable<NodeEntry> Live => byId.Values.Where(node => node.IsLive);

    public void Add(NodeEntry node)
    {
        byId.Add(node.Id, node);
        byUuid.Add(node.Record.Uuid, node);
    }

    public bool TryGet(NodeId id, [NotNullWhen(true)] out NodeEntry? node) => byId.TryGetValue(id, out node);

    public NodeEntry? ByUuid(Guid uuid) => byUuid.GetValueOrDefault(uuid);

    public NodeEntry? ByName(string name) => byId.Values.FirstOrDefault(node => node.Record.Name == name);
}
