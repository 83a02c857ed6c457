using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>What the namespace asks of the data: a new size, and the end of an inode.</summary>
internal sealed class FileContents(FileData data) : IFileContents
{
    public void SetSize(NodeRequest request, Mutation mutation, InodeRow row, ulong sizeBytes)
    {
        if (!request.TryRead<SetAttrRequest>(out var message))
            return;
        if (sizeBytes > FileLimits.SizeBytes)
        {
            request.Reply(Errno.EFBIG);
            return;
        }

        if (data.Node.Volume(request.Volume) is not { } volume)
        {
            request.Reply(Errno.Busy);
            return;
        }

        // As in HasUncommitted; inline content is cut with the same change.
        if ((row.Attributes.Flags & InodeFlags.Inline) != 0 && row.InlineLength > row.Attributes.SizeBytes && sizeBytes > row.Attributes.SizeBytes && !IsOpenElsewhere(request, row.Id))
            InlineContent.Cut(mutation, ref row, (uint)row.Attributes.SizeBytes);
        if ((message.Mask & (SetAttrMask.ModifyTime | SetAttrMask.ModifyTimeNow)) == 0)
            row.Attributes.ModifyTimeNs = data.Node.NowNs;
        if (sizeBytes < row.Attributes.SizeBytes || (sizeBytes == row.Attributes.SizeBytes && (row.AnnouncedBytes > sizeBytes || FileCut.RemovesChunks(in row, sizeBytes, volume))))
            new FileCut(data, request, mutation, volume).Run(row, sizeBytes, sizeBytes);
        else if (sizeBytes > row.Attributes.SizeBytes && HasUncommitted(request, mutation, in row, volume))
            new FileCut(data, request, mutation, volume).Run(row, row.Attributes.SizeBytes, sizeBytes);
        else if (InlineGrowth.HasToConvert(data, request, ref row, sizeBytes))
            InlineGrowth.ConvertAndRunAgain(data, request, row.Id);
        else
            Finish(request, mutation, ref row, sizeBytes);
    }

    public void StageRemoval(Mutation mutation, in InodeRow row)
    {
        if (row.InlineLength != 0)
        {
            Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
            mutation.Delete(Table.InlineData, MetadataKey.InlineData(key, mutation.Shard.Id, mutation.Volume, row.Id));
            mutation.AddUsage(-(long)row.InlineLength, 0);
        }

        if (!row.Attributes.IsRegular || (row.ReservedChunks == 0 && row.AnnouncedBytes == 0 && InlineContent.IsPossible(mutation, in row)))
            return;
        new PurgeRow(PurgeKind.Delete, default, new ChunkIndex(Math.Max(1, row.ReservedChunks) - 1), 0).Put(mutation, row.Id);
        data.Purge.Enqueue(mutation.Shard, mutation.Volume, row.Id, null);
    }

    /// <summary>Nothing to wake: the purger has the item, and waits for the gate to find its row.</summary>
    public void Removed()
    {
    }

    public Task DeleteVolumeAsync(VolumeId volume, CancellationToken cancellation) => VolumeFiles.RemoveAsync(data, volume, cancellation);

    public void ShardLeft(ShardId shard)
    {
        data.Chunks.WaitForWriters(shard);
        var unsynced = data.Chunks.Leave(shard);
        data.Store.Close(shard);

        // What was written and not synced would be taken for synced, should the shard come back: nobody here knows of it any more.
        if (unsynced.Count > 0)
            data.Io.Post(() => Sync(unsynced));
    }

    private void Sync(List<ChunkKey> chunks)
    {
        foreach (var chunk in chunks)
            data.Store.Sync(chunk);
    }

    public int LossCount => data.Chunks.LossCount;

    public long SetAsideBytes => data.Chunks.SetAsideBytes;

    public void ShardOpened(Shard shard)
    {
        data.Reserved.Clear();
        foreach (var (volume, inode, row) in PurgeRow.List(data.Node.Engine, shard.Id))
        {
            if (row.Kind == PurgeKind.Cut)
                shard.Locks.TryLock(LockKey.Inode(inode), Purger.OwnerOf(inode));
            data.Purge.Enqueue(shard, volume, inode, null);
        }
    }

    /// <summary>
    /// A client that died may have left bytes behind the end of the file, which it never committed: they must not show when the file grows. While another session has the file open they may be its own,
    /// which it is about to commit.
    /// </summary>
    private static bool HasUncommitted(NodeRequest request, Mutation mutation, in InodeRow row, VolumeState volume)
    {
        var size = row.Attributes.SizeBytes;
        if ((row.Attributes.Flags & InodeFlags.Inline) != 0 || row.AnnouncedBytes > size || IsOpenElsewhere(request, row.Id))
            return false;
        return FileCut.RemovesChunks(in row, size, volume)
            || (size < volume.ChunkSizeBytes && ShardChunkRecords.Exists(mutation, new ChunkKey(request.Shard.Id, request.Volume, row.Id, default)));
    }

    private static bool IsOpenElsewhere(NodeRequest request, InodeId inode)
    {
        if (request.Shard.MayBeOpenUnheard(inode))
            return true;
        foreach (var session in request.Shard.Opens.Sessions(inode))
        {
            if (session != request.SessionId)
                return true;
        }

        return false;
    }

    private static void Finish(NodeRequest request, Mutation mutation, ref InodeRow row, ulong sizeBytes)
    {
        row.Attributes.SizeBytes = sizeBytes;
        mutation.PutInode(in row);
        mutation.Commit(request, new AttributesReply(row.Attributes));
    }
}
