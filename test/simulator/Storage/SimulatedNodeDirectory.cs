using SealFs.Core;
using SealFs.StorageNode.Hosting;

namespace SealFs.Simulator.Storage;

/// <summary>A node's identity on its disk, and whether its machine has lost power.</summary>
internal sealed class SimulatedNodeDirectory(NodeIdentity identity) : INodeDirectory
{
    public NodeIdentity Identity => identity;

    public bool MayHaveLost { get; private set; }

    public bool HasEverLost { get; private set; }

    public void Registered(Guid cluster, NodeId node)
    {
        if (identity.ClusterId != Guid.Empty && identity.ClusterId != cluster)
            throw new InvalidDataException("The metadata belong to another cluster.");
        identity.ClusterId = cluster;
        identity.Node = node;
    }

    public void VerifiersRenewed() => MayHaveLost = false;

    public void NoteLoss() => MayHaveLost = HasEverLost = true;
}
