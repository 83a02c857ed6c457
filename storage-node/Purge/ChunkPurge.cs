using System.Buffers.Binary;
using SealFs.Core;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

/// <summary>
/// Removes a range of an inode's chunks from one shard of this node: their records at once, the bytes after a sync of the log. What ordered it is on stable storage if that is another log.
/// May be repeated. On threads that may wait.
/// </summary>
internal static class ChunkPurge
{
    /// <param name="data">This node's data.</param>
    /// <param name="shard">Where the chunks are.</param>
    /// <param name="volume">Whose.</param>
    /// <param name="inode">Whose.</param>
    /// <param name="row">Which.</param>
    /// <param name="epoch">In which whoever asks serves the inode's shard; one that is over answers ESTALE.</param>
    /// <param name="freedBytes">Usage given back.</param>
    public static Errno Run(FileData data, Shard shard, VolumeId volume, InodeId inode, in PurgeRow row, Epoch epoch, out ulong freedBytes)
    {
        freedBytes = 0;
        if (row.Kind == PurgeKind.Delete)
            data.Gone.Add(volume, inode);
        if (!data.Fence.Passes(inode.Shard, epoch))
            return Errno.ESTALE;
        data.Reserved.Revoke(volume, inode, shard);
        var next = row.First.Value;
        var page = new List<ulong>();
        while (true)
        {
            List(data.Node.Engine, shard.Id, volume, inode, next, row.Last.Value, page);
            foreach (var index in page)
            {
                var keep = index == row.First.Value ? row.KeepBytes : 0;
                var error = Remove(data, shard, new ChunkKey(shard.Id, volume, inode, new ChunkIndex(index)), keep, epoch, ref freedBytes);
                if (error != Errno.None)
                    return error;
            }

            if (page.Count < PurgeLimits.Page || page[^1] == ulong.MaxValue)
                return Errno.None;
            next = page[^1] + 1;
        }
    }

    private static void List(IMetadataEngine engine, ShardId shard, VolumeId volume, InodeId inode, ulong first, ulong last, List<ulong> target)
    {
        target.Clear();
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var after = last == ulong.MaxValue
            ? MetadataKey.Chunk(end, shard, volume, new InodeId(inode.Value + 1), default)
            : MetadataKey.Chunk(end, shard, volume, inode, new ChunkIndex(last + 1));
        using var rows = engine.Scan(Table.Chunks, MetadataKey.Chunk(from, shard, volume, inode, new ChunkIndex(first)), after);
        while (target.Count < PurgeLimits.Page && rows.MoveNext())
            target.Add(BinaryPrimitives.ReadUInt64BigEndian(rows.Key[(MetadataKey.PrefixLength + 8)..]));
    }

    private static Errno Remove(FileData data, Shard shard, in ChunkKey key, uint keep, Epoch epoch, ref ulong freedBytes)
    {
        var chunk = data.Chunks.Acquire(key);
        chunk.Enter();
        try
        {
            if (!data.Fence.Passes(key.Inode.Shard, epoch))
                return Errno.ESTALE;
            shard.RequireServing();
            var error = chunk.EnsureLoaded();
            if (error != Errno.None || !chunk.Exists)
                return error;
            var accounted = chunk.Accounted;
            error = Remove(shard, chunk, keep);
            freedBytes += accounted - chunk.Accounted;
            return error;
        }
        catch
        {
            chunk.Distrust();
            throw;
        }
        finally
        {
            data.Chunks.ExitAndRelease(chunk);
        }
    }

    /// <summary>With the chunk entered and known to exist: so many bytes of it stay.</summary>
    public static Errno Remove(Shard shard, Chunk chunk, uint keep) => keep == 0 ? RemoveWhole(shard, chunk) : Cut(shard, chunk, keep);

    private static Errno RemoveWhole(Shard shard, Chunk chunk)
    {
        using (shard.Enter())
        {
            var mutation = shard.Begin(chunk.Key.Volume);
            ShardChunkRecords.StageRemoval(mutation, chunk);
            if (chunk.Key.Chunk.Value == 0 && mutation.TryGetInode(chunk.Key.Inode, out var row))
            {
                row.Attributes.AllocatedBytes -= Math.Min(row.Attributes.AllocatedBytes, chunk.Accounted);
                mutation.PutInode(in row);
            }

            mutation.Commit();
        }

        chunk.Remove();
        return Errno.None;
    }

    private static Errno Cut(Shard shard, Chunk chunk, uint keep)
    {
        var error = chunk.Prepare(keep, ChunkLimits.BlockBytes - (keep % ChunkLimits.BlockBytes), adds: false);
        if (error != Errno.None)
            return error;
        var change = chunk.BeginTruncate(keep);
        if (change.RecordChanged)
        {
            using (shard.Enter())
                ChunkCommits.Commit(shard.Begin(chunk.Key.Volume), chunk, in change, chunk.Key.Inode);
        }

        return chunk.Truncate(in change);
    }
}
