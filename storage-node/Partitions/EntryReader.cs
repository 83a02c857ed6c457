using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Partitions;

/// <summary>
/// Reads the entries of a partition that is being split off, batch by batch and without the shard's gate: the split's lock on the directory keeps them
/// as they are.
/// </summary>
internal sealed class EntryReader(Shard shard, VolumeId volume, InodeId directory, PartitionIndex partition, int depth)
{
    private readonly byte[] _end = EndKey(shard, volume, directory, partition, depth);
    private byte[] _from = StartKey(shard, volume, directory, partition, depth);

    public ulong Count { get; private set; }

    /// <summary>The next batch; empty at the end.</summary>
    public ReceiveEntriesStep Next(int bytes)
    {
        var batch = new ReceiveEntriesStep { Directory = directory };
        using var rows = shard.Node.Engine.Scan(Table.Metadata, _from, _end);
        while (rows.MoveNext())
        {
            var name = MetadataKey.NameOf(rows.Key);
            if (batch.Count != 0 && batch.Size + name.Length > bytes)
            {
                _from = rows.Key.ToArray();
                return batch;
            }

            batch.Add(DentryRow.Decode(rows.Value), name);
            Count++;
        }

        _from = _end;
        return batch;
    }

    /// <summary>Counts all of them, for a split whose halves stay in one shard.</summary>
    public ulong CountAll()
    {
        var count = 0UL;
        using var rows = shard.Node.Engine.Scan(Table.Metadata, _from, _end);
        while (rows.MoveNext())
            count++;
        return count;
    }

    private static byte[] StartKey(Shard shard, VolumeId volume, InodeId directory, PartitionIndex partition, int depth)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        return MetadataKey.Dentry(key, shard.Id, volume, directory, DentryRange.StartOf(partition, depth), default).ToArray();
    }

    private static byte[] EndKey(Shard shard, VolumeId volume, InodeId directory, PartitionIndex partition, int depth)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        return MetadataKey.Dentry(key, shard.Id, volume, directory, DirectoryPosition.EndOfRange(partition, depth), default).ToArray();
    }
}
