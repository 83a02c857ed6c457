using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// The operations that touch several shards, or a split directory. Every method is called without a gate, owns the request and answers it at any time, from any
/// thread. A second copy of the request that comes meanwhile is attached to it by the dispatcher.
/// </summary>
public interface ICrossShardOperations
{
    /// <summary>Unlink of a name whose inode lives in another shard.</summary>
    void Unlink(NodeRequest request);

    /// <summary>A rename that is not within one shard, of a directory, or within a split directory.</summary>
    void Rename(NodeRequest request);

    /// <summary>A link to an inode of another shard.</summary>
    void Link(NodeRequest request);

    /// <summary>Attributes of a split directory, put together from its partitions. <paramref name="row"/> is its inode as of the request.</summary>
    void GetSplitAttributes(NodeRequest request, InodeRow row);

    /// <summary>Called with the gate held of a shard that has decided something: tells the participants later.</summary>
    void Deliver(Shard home, Core.TransactionId transaction);

    /// <summary>Called with the participant's gate held: finds out, later, what became of a transaction that is prepared there.</summary>
    void Resolve(Shard participant, Core.TransactionId transaction);

    /// <summary>
    /// For an Fsync at the shard of the inode: goes on, perhaps later and from another thread, when the names of the directories in which it may be are certain, and for a split directory when
    /// its other partitions are on stable storage. Otherwise the request is answered.
    /// </summary>
    void SyncNames(NodeRequest request, Core.InodeId inode, Action<NodeRequest> then);

    /// <summary>Called with the gate held after entries were added to a directory or a partition of it; decides whether it must be split (later, elsewhere).</summary>
    void EntriesAdded(Shard shard, Core.VolumeId volume, Core.InodeId directory, Core.PartitionIndex partition, ulong entryCount);
}
