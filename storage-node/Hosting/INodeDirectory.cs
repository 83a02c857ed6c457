using SealFs.Core;

namespace SealFs.StorageNode.Hosting;

/// <summary>Where the identity of a node survives, and what became of its last run.</summary>
public interface INodeDirectory
{
    NodeIdentity Identity { get; }

    /// <summary>Changes that the node has acknowledged may be lost, and its shards have no new write verifiers since.</summary>
    bool MayHaveLost { get; }

    /// <summary>This run or an earlier one started after a possible loss. Chunks that nobody has looked at since may still lack bytes.</summary>
    bool HasEverLost { get; }

    /// <summary>The node was registered: its id and cluster are kept.</summary>
    /// <exception cref="InvalidDataException">The data belong to another cluster.</exception>
    void Registered(Guid cluster, NodeId node);

    /// <summary>Every shard of which there is anything has a new write verifier, on stable storage.</summary>
    void VerifiersRenewed();

    /// <summary>A sync has failed. What was to be synced may be lost, which no later sync would tell: the next start counts as one after a loss.</summary>
    void NoteLoss();
}
