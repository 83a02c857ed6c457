using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Syncs that fail, and syncs of many chunks at once.</summary>
public sealed partial class ChunkTable
{
    private int _lossCount;
    private long _setAsideBytes;

    /// <summary>Chunks with bytes that a failed sync may have lost, and that nobody has written again since.</summary>
    public int LossCount => Volatile.Read(ref _lossCount);

    /// <summary>Told of every sync that the disk has refused, without a lock held.</summary>
    internal Action<Errno>? SyncFailed { get; set; }

    /// <summary>Bytes of chunk files that no record knows and that were set aside before they were cut off.</summary>
    public long SetAsideBytes => Interlocked.Read(ref _setAsideBytes);

    internal void SetAside(in ChunkKey key, uint fromBytes, uint endBytes)
    {
        var bytes = store.SetAside(key, fromBytes, endBytes);
        if (bytes == 0)
            return;
        Interlocked.Add(ref _setAsideBytes, bytes);
        LogSetAside(logger, key.Volume.Value, key.Shard.Value, key.Inode, key.Chunk.Value, bytes, fromBytes);
    }

    /// <summary>Syncs the log of the metadata engine, and waits for it. Absent where a test has none.</summary>
    internal Func<Errno>? SyncLog { get; set; }

    internal void CountLosses(int change) => Interlocked.Add(ref _lossCount, change);

    /// <summary>
    /// Makes what was written to a volume's chunks on this node durable; the log of the metadata engine was made durable before. EIO while a chunk has lost something. Waits for the disk.
    /// </summary>
    public Errno SyncVolume(VolumeId volume)
    {
        var chunks = new List<Chunk>();
        lock (_lock)
        {
            foreach (var head in _unsynced.Values)
            {
                for (var chunk = head; chunk is not null; chunk = chunk.NextUnsynced)
                {
                    if (chunk.Key.Volume != volume)
                        continue;
                    chunk.Pins++;
                    chunks.Add(chunk);
                }
            }
        }

        var outcome = Errno.None;
        var together = chunks.Count > ChunkLimits.SealSingly && SyncTogether(chunks);
        foreach (var chunk in chunks)
        {
            var error = together ? (chunk.HasLost ? Errno.EIO : Errno.None) : SyncChunk(chunk, chunkBytes: 0);
            if (error != Errno.None)
                outcome = error;
            Release(chunk);
        }

        return outcome;
    }

    /// <summary>
    /// One syncfs(2) for many chunks. False when it failed: it does not tell whose bytes it could not write, and they may be nobody's here. The syncs of the files tell, each by itself.
    /// </summary>
    private bool SyncTogether(List<Chunk> chunks)
    {
        var changes = new ulong[chunks.Count];
        for (var index = 0; index < chunks.Count; index++)
        {
            chunks[index].Enter();
            changes[index] = chunks[index].Changes;
            chunks[index].Exit();
        }

        var error = store.SyncAll();
        if (error != Errno.None)
        {
            NoteSyncFailed(error, default);
            return false;
        }

        for (var index = 0; index < chunks.Count; index++)
        {
            chunks[index].Enter();
            if (chunks[index].Changes == changes[index])
                NoteSynced(chunks[index]);
            chunks[index].Exit();
        }

        return true;
    }

    /// <summary>Entered: nothing was written since the sync began.</summary>
    private void NoteSynced(Chunk chunk)
    {
        chunk.NoteAllSynced();
        if (chunk.HasLost)
            return;
        lock (_lock)
            RemoveUnsynced(chunk);
    }

    internal void NoteSyncFailed(Errno error, in ChunkKey key)
    {
        if (_syncFailures.Permits())
            LogSyncFailed(logger, error, key.Volume.Value, key.Inode, key.Chunk.Value);
        SyncFailed?.Invoke(error);
    }
}
