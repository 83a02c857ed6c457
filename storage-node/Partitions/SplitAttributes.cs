using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions;

namespace SealFs.StorageNode.Partitions;

/// <summary>
/// The attributes of a split directory: its inode, and what its partitions count. Every shard that holds some is asked once, all at the same time. The
/// parts are of slightly different moments, as any counter that is spread has to be.
/// </summary>
internal sealed class SplitAttributes(ShardCalls calls)
{
    public async ValueTask<(Errno Status, InodeAttributes Attributes)> ReadAsync(Shard home, VolumeId volume, InodeRow row)
    {
        var sum = default(PartitionStatReply);
        var local = new List<Shard>();
        var remote = new List<Task<ShardAnswer>>();
        foreach (var shardId in ShardsOf(home, volume, row.Id))
        {
            if (calls.TryFindLocal(shardId) is { } shard)
                local.Add(shard);
            else
                remote.Add(calls.CallAsync(new ShardCall(Opcode.PartitionStat, shardId, volume, Limits.StatMs), RawBody.Of(new PartitionStatRequest(row.Id))).AsTask());
        }

        var status = Errno.None;
        foreach (var shard in local)
        {
            if (await ReadLocallyAsync(shard, volume, row.Id) is { } part)
                sum = Add(sum, part);
            else
                status = Errno.Busy;
        }

        foreach (var call in remote)
        {
            var answer = await call;
            if (answer.Status != Errno.None)
                status = answer.Status;
            else if (answer.TryRead<PartitionStatReply>(out var part))
                sum = Add(sum, part);
            else
                status = Errno.EIO;
        }

        return (status == Errno.ETIMEDOUT ? Errno.Busy : status, Merge(in row, in sum));
    }

    /// <summary>The part of a shard of this node, which waits for the same transactions as a request would; null when that takes too long.</summary>
    private static async ValueTask<PartitionStatReply?> ReadLocallyAsync(Shard shard, VolumeId volume, InodeId directory)
    {
        var deadlineMs = shard.Node.NowMs + NodeLimits.ParkedRequestMs;
        ulong? locksBefore = null;
        for (var tries = 1; ; tries++)
        {
            using (shard.Enter())
            {
                locksBefore ??= shard.Locks.Taken;
                if (!shard.Locks.TryFindForeignEntry(directory, shard.Id, locksBefore.Value, out _))
                    return PartitionSum.Of(shard, volume, directory);
            }

            if (shard.Node.NowMs > deadlineMs)
                return null;
            await OperationRunner.BackOffAsync(tries, shard.Node);
        }
    }

    /// <summary>The inode with the sums of all partitions.</summary>
    public static InodeAttributes Merge(in InodeRow row, in PartitionStatReply sum)
    {
        var attributes = row.Attributes;
        attributes.SizeBytes = InodeRow.DirectorySize(sum.Entries);
        attributes.LinkCount = (uint)Math.Max(2, attributes.LinkCount + sum.Subdirectories);
        attributes.ModifyTimeNs = ModifyTime(in row, sum.ModifyTimeNs);
        attributes.ChangeTimeNs = Math.Max(attributes.ChangeTimeNs, sum.ChangeTimeNs);
        attributes.Version += sum.Version;
        return attributes;
    }

    /// <summary>A time that a client set (tar, rsync) stands until an entry changes after that.</summary>
    private static long ModifyTime(in InodeRow row, long lastChangeNs)
    {
        if (row.ModifyTimeSetAtNs == 0)
            return Math.Max(row.Attributes.ModifyTimeNs, lastChangeNs);
        return lastChangeNs > row.ModifyTimeSetAtNs ? lastChangeNs : row.Attributes.ModifyTimeNs;
    }

    private static HashSet<ShardId> ShardsOf(Shard home, VolumeId volume, InodeId directory)
    {
        var partitions = new List<PartitionIndex> { default };
        using (home.Enter())
            PartitionList.Read(home.Begin(volume), directory, partitions);
        var shardCount = home.Node.ShardCount;
        return [.. partitions.Select(partition => PlacementHash.Partition(directory, partition, shardCount))];
    }

    private static PartitionStatReply Add(PartitionStatReply first, PartitionStatReply second) => new(
        first.Entries + second.Entries,
        first.Subdirectories + second.Subdirectories,
        Math.Max(first.ModifyTimeNs, second.ModifyTimeNs),
        Math.Max(first.ChangeTimeNs, second.ChangeTimeNs),
        first.Version + second.Version);
}
