using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Shards that this node serves no more.</summary>
public sealed partial class ChunkTable
{
    /// <summary>
    /// Returns when everybody who had entered a chunk of the shard has left it. Whoever enters one later has to look whether the shard is served still, before anything changes. Waits; not with a
    /// gate held.
    /// </summary>
    internal void WaitForWriters(ShardId shard)
    {
        var pinned = new List<Chunk>();
        lock (_lock)
        {
            for (var chunk = _oldest; chunk is not null; chunk = chunk.Newer)
            {
                if (chunk.Key.Shard != shard || chunk.Pins == 0)
                    continue;
                chunk.Pins++;
                pinned.Add(chunk);
            }
        }

        foreach (var chunk in pinned)
        {
            chunk.Enter();
            ExitAndRelease(chunk);
        }
    }

    /// <summary>Forgets the shard's chunks, also those that somebody has: they are of no use to him any more. The files that had bytes which were not synced.</summary>
    internal List<ChunkKey> Leave(ShardId shard)
    {
        var unsynced = new List<ChunkKey>();
        lock (_lock)
        {
            for (var chunk = _oldest; chunk is not null;)
            {
                var next = chunk.Newer;
                if (chunk.Key.Shard == shard)
                {
                    if (chunk.Unsynced)
                        unsynced.Add(chunk.Key);
                    RemoveDirty(chunk);
                    RemoveUnsynced(chunk);
                    Leave(chunk);
                }

                chunk = next;
            }
        }

        return unsynced;
    }

    private void Leave(Chunk chunk)
    {
        if (chunk.Pins == 0)
        {
            Evict(chunk);
            return;
        }

        _chunks.Remove(chunk.Key);
        Unlink(chunk);
        chunk.IsDoomed = true;
    }
}
