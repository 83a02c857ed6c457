namespace SealFs.StorageNode.Shards;

/// <summary>How the dispatcher treats an operation before and after its handler.</summary>
[Flags]
public enum OperationKind
{
    /// <summary>Addressed to the node: the request has no shard. The handler may answer at any time, from any thread.</summary>
    Node = 0,

    /// <summary>Addressed to a shard that this node must serve in the request's epoch. The handler takes the gate itself and may answer at any time.</summary>
    Shard = 1,

    /// <summary>As Shard, and the handler runs with the gate held, to its end: it replies, parks, or continues outside the gate.</summary>
    Gated = 2 | Shard,

    /// <summary>Changes something: refused with EROFS in a read-only session; with durability sync it is answered after a sync.</summary>
    Mutation = 4,

    /// <summary>The answer is kept: a request that was sent again is looked up before the handler is called.</summary>
    Remembered = 8 | Mutation,

    /// <summary>Only other storage nodes may ask.</summary>
    NodesOnly = 16,

    /// <summary>Needs a volume in the header; a client's must be its session's.</summary>
    Volume = 32,

    /// <summary>A check or statistic that changes nothing: administrators and nodes may ask, clients not.</summary>
    Administration = 64,

    /// <summary>
    /// May be a part of a compound: it reads rows by key and through the mutation, so that it sees what is staged; all it changes outside of the batch can be
    /// taken back; and its answer is a body alone.
    /// </summary>
    Part = 128,

    /// <summary>Asked by the node that copies the shard; also of a shard that it was handed.</summary>
    Learner = 256 | NodesOnly | Shard,
}
