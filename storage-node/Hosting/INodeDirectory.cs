using SealFs.Core;

namespace SealFs.StorageNode.Hosting;

/// <summary>Where the identity of a node survives.</summary>
public interface INodeDirectory
{
    NodeIdentity Identity { get; }

    /// <summary>The node was registered: its id and cluster are kept.</summary>
    /// <exception cref="InvalidDataException">The data belong to another cluster.</exception>
    void Registered(Guid cluster, NodeId node);
}
