using SealFs.Core;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>Chunk records in the metadata engine.</summary>
internal sealed class ShardChunkRecords(NodeContext node, IoThreads io) : IChunkRecords
{
    public int Read(in ChunkKey key, Span<byte> target)
    {
        if (node.Shards.Find(key.Shard) is null)
            return -1;
        Span<byte> bytes = stackalloc byte[MetadataKey.MaxLength];
        return Math.Max(0, node.Engine.Get(Table.Chunks, KeyOf(bytes, key), target));
    }

    public bool Replace(in ChunkKey key, ReadOnlySpan<byte> record)
    {
        if (node.Shards.Find(key.Shard) is not { } shard)
            return false;
        using (shard.Enter())
        {
            if (shard.IsRetired)
                return false;
            var mutation = shard.Begin(key.Volume);
            Put(mutation, key, record);
            mutation.Commit();
            return true;
        }
    }

    /// <summary>True when the record names this file, or cannot be read; also when this node does not serve the shard any more, and so does not know.</summary>
    public bool IsFileOf(in ChunkKey file)
    {
        Span<byte> bytes = stackalloc byte[ChunkRecord.MaxBytes];
        var length = Read(file, bytes);
        return length < 0 || (length > 0 && (!ChunkRecord.TryRead(bytes[..length], out var record) || record.Generation == file.Generation));
    }

    public Errno Sync() => GroupCommitWait.Sync(node.GroupCommit);

    public void AfterNextSync(Action callback) => node.GroupCommit.AfterNextSync(status =>
    {
        if (status == Errno.None)
            io.Post(callback);
    });

    public static ReadOnlySpan<byte> KeyOf(Span<byte> target, in ChunkKey key) =>
        MetadataKey.Chunk(target, key.Shard, key.Volume, key.Inode, key.Chunk);

    public static void Put(Mutation mutation, in ChunkKey key, ReadOnlySpan<byte> record)
    {
        Span<byte> bytes = stackalloc byte[MetadataKey.MaxLength];
        mutation.Put(Table.Chunks, KeyOf(bytes, key), record);
    }

    public static bool Exists(Mutation mutation, in ChunkKey key)
    {
        Span<byte> bytes = stackalloc byte[MetadataKey.MaxLength];
        return mutation.Exists(Table.Chunks, KeyOf(bytes, key));
    }

    /// <summary>Stages a chunk's record and the usage that changes with it; of a chunk without blocks the record goes.</summary>
    public static void Stage(Mutation mutation, Chunk chunk, in ChunkChange change)
    {
        if (!change.RecordChanged)
            return;
        Span<byte> bytes = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> record = stackalloc byte[ChunkRecord.MaxBytes];
        if (chunk.Exists)
            mutation.Put(Table.Chunks, KeyOf(bytes, chunk.Key), record[..chunk.Encode(record)]);
        else
            mutation.Delete(Table.Chunks, KeyOf(bytes, chunk.Key));
        if (change.AccountedDelta != 0)
            mutation.AddUsage(change.AccountedDelta, 0);
    }

    /// <summary>Stages that a chunk is gone, with its usage.</summary>
    public static void StageRemoval(Mutation mutation, Chunk chunk)
    {
        Span<byte> bytes = stackalloc byte[MetadataKey.MaxLength];
        mutation.Delete(Table.Chunks, KeyOf(bytes, chunk.Key));
        mutation.AddUsage(-(long)chunk.Accounted, 0);
    }
}
