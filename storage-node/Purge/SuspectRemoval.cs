using System.IO.Hashing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

/// <summary>Removes what the collector has found superfluous, after a last look with the chunk entered. On threads that may wait.</summary>
internal static class SuspectRemoval
{
    /// <summary>False when the chunk has changed since, or the disk refuses.</summary>
    public static bool Run(FileData data, Shard shard, in ChunkKey key, in SuspectChunk suspect, ref ulong freedBytes)
    {
        var chunk = data.Chunks.Acquire(key);
        chunk.Enter();
        try
        {
            if (chunk.EnsureLoaded() != Errno.None || !chunk.Exists || HashOf(chunk) != suspect.RecordHash || !IsStillSo(data, in key, in suspect))
                return false;
            var accounted = chunk.Accounted;
            var error = ChunkPurge.Remove(shard, chunk, suspect.KeepBytes);
            freedBytes += accounted - chunk.Accounted;
            return error == Errno.None;
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

    /// <summary>A file that no record knows means nothing, unless somebody is in the chunk and about to store one. It goes after the next sync of the log.</summary>
    public static bool RemoveUnrecorded(FileData data, in ChunkKey file)
    {
        if (data.Records.IsFileOf(in file) || data.Chunks.IsLeftover(in file))
            return false;
        var chunk = data.Chunks.Acquire(file with { Generation = 0 });
        chunk.Enter();
        try
        {
            if (data.Records.IsFileOf(in file) || chunk.EnsureLoaded() != Errno.None)
                return false;
            if (chunk.Exists || chunk.Generation != file.Generation)
                data.Chunks.RemoveLater(in file, data.Chunks.SyncEpoch);
            else
                chunk.Remove();
            return true;
        }
        finally
        {
            data.Chunks.ExitAndRelease(chunk);
        }
    }

    /// <summary>Chunk 0 is where its inode is: writes that change no record can be told from the inode, since they need the chunk, or an open.</summary>
    private static bool IsStillSo(FileData data, in ChunkKey key, in SuspectChunk suspect)
    {
        if (suspect.IsGone || key.Chunk.Value != 0)
            return true;
        var state = InodeStates.Of(data.Node, key.Volume, key.Inode);
        return state.Presence == InodePresence.Quiet
            && SuspectChunk.KeptBytes(state.SizeBytes, 0, data.Node.Volume(key.Volume)?.ChunkSizeBytes ?? ChunkLimits.MaxChunkBytes) == suspect.KeepBytes;
    }

    private static ulong HashOf(Chunk chunk)
    {
        Span<byte> record = stackalloc byte[ChunkRecord.MaxBytes];
        return XxHash3.HashToUInt64(record[..chunk.Encode(record)]);
    }
}
