using SealFs.Core;
using SealFs.StorageNode.Hosting;

namespace SealFs.Simulator.Storage;

/// <summary>A node's identity on its disk.</summary>
internal sealed class SimulatedNodeDirectory(NodeIdentity identity) : INodeDirectory
{
    public NodeIdentity Identity => identity;

    public void Registered(Guid cluster, NodeId node)
    {
        if (identity.ClusterId != Guid.Empty && identity.ClusterId != cluster)
            throw new InvalidDataException("The metadata belong to another cluster.");
        identity.ClusterId = cluster;
        identity.Node = node;
    }
}
