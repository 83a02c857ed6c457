using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// What fsync needs beyond the log and the files of the inode's own node. The name of a new directory is in another shard, whose node may still lose it: whoever syncs something in such a
/// directory, or the directory itself, waits until that cannot happen. And a split directory has partitions on other nodes: each of them syncs its log.
/// What transactions have in other shards needs nothing: those that must be durable there are before they are answered, and the others are in the decision.
/// </summary>
internal sealed class NameSync(TransactionService service)
{
    public void Begin(NodeRequest request, InodeId inode, Action<NodeRequest> then)
    {
        if ((service.Node.PlantedBugs & PlantedBugs.SyncWithoutNames) != 0)
        {
            then(request);
            return;
        }

        var shard = request.Shard;
        bool waits;
        List<ShardId> partitions = [];
        using (shard.Enter())
        {
            waits = shard.Transactions.WhenNothingIsNew(() => Continue(request, inode, then));
            if (!waits)
                FindPartitions(request, inode, partitions);
        }

        if (waits)
            return;
        if (partitions.Count == 0)
            then(request);
        else
            service.Track(SyncPartitionsAsync(request, partitions, then));
    }

    /// <summary>The directory may be gone by now, and what was in it.</summary>
    private void Continue(NodeRequest request, InodeId inode, Action<NodeRequest> then)
    {
        var shard = request.Shard;
        bool exists;
        using (shard.Enter())
            exists = shard.IsRetired || shard.Begin(request.Volume).TryGetInode(inode, out _);
        if (shard.IsRetired)
            request.Reply(Errno.WrongEpoch);
        else if (!exists)
            request.Reply(Errno.ENOENT);
        else
            Begin(request, inode, then);
    }

    private static void FindPartitions(NodeRequest request, InodeId inode, List<ShardId> target)
    {
        var mutation = request.Shard.Begin(request.Volume);
        if (!mutation.TryGetInode(inode, out var row) || !row.IsDirectory || !row.IsSplit)
            return;
        var partitions = new List<PartitionIndex>();
        PartitionList.Read(mutation, inode, partitions);
        target.AddRange(partitions.Select(partition => PlacementHash.Partition(inode, partition, request.Node.ShardCount)).Distinct());
    }

    private async Task SyncPartitionsAsync(NodeRequest request, List<ShardId> partitions, Action<NodeRequest> then)
    {
        var timeoutMs = request.Header.TimeoutMs == 0 ? Limits.OperationTimeMs : Math.Min(request.Header.TimeoutMs, Limits.OperationTimeMs);
        var calls = new List<Task<ShardAnswer>>();

        // What is on this node is synced with the directory itself.
        foreach (var partition in partitions.Where(partition => service.Calls.TryFindLocal(partition) is null))
        {
            var call = new ShardCall(Opcode.TransactionSync, partition, request.Volume, (uint)timeoutMs);
            calls.Add(service.Calls.CallAsync(call, RawBody.Of(new TransactionSyncRequest(default, 0))).AsTask());
        }

        var status = Errno.None;
        foreach (var call in calls)
        {
            var answer = await call;
            if (status == Errno.None)
                status = answer.Status;
        }

        if (status == Errno.None)
            then(request);
        else
            request.Reply(status == Errno.ETIMEDOUT ? Errno.Busy : status);
    }
}
