using SealFs.Core;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Tests.Shards;

/// <summary>For rigs without transactions: nothing crosses shards.</summary>
internal sealed class NoCrossShard : ICrossShardOperations
{
    public void Unlink(NodeRequest request) => request.Reply(Errno.EXDEV);

    public void Rename(NodeRequest request) => request.Reply(Errno.EXDEV);

    public void Link(NodeRequest request) => request.Reply(Errno.EXDEV);

    public void GetSplitAttributes(NodeRequest request, InodeRow row) => request.Reply(Errno.EXDEV);

    public void Deliver(Shard home, TransactionId transaction)
    {
    }

    public void Resolve(Shard participant, TransactionId transaction)
    {
    }

    public void SyncNames(NodeRequest request, InodeId inode, Action<NodeRequest> then) => then(request);

    public void EntriesAdded(Shard shard, VolumeId volume, InodeId directory, PartitionIndex partition, ulong entryCount)
    {
    }
}
