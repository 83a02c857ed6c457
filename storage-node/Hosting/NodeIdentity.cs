using SealFs.Core;

namespace SealFs.StorageNode.Hosting;

/// <summary>Who a node is. Kept in its metadata directory, since that is what the identity stands for.</summary>
public sealed class NodeIdentity
{
    /// <summary>Made once.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The cluster that the directory's data belong to; empty before the first registration.</summary>
    public Guid ClusterId { get; internal set; }

    /// <summary>Given by the manager; none before the first registration.</summary>
    public NodeId Node { get; internal set; }

    /// <summary>Raised at every start: a client that sees another one knows that the node has forgotten what it held in memory.</summary>
    public ulong Incarnation { get; internal set; }
}
