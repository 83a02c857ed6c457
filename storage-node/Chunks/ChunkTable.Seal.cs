using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Turning dirty chunks clean, in rounds: one thread at a time.</summary>
public sealed partial class ChunkTable
{
    private readonly Lock _sealGate = new();

    /// <summary>
    /// Seals what is due: quiet, old, or simply too many. With <paramref name="all"/> everything, as before a shutdown. Returns how many
    /// chunks became clean. Waits for the disk.
    /// </summary>
    public int Seal(bool all)
    {
        lock (_sealGate)
        {
            var chunks = PinDirty(all);
            if (chunks.Count == 0)
                return 0;
            foreach (var chunk in chunks)
            {
                chunk.Enter();
                chunk.BeginSeal();
                chunk.Exit();
            }

            var done = chunks.Count > ChunkLimits.SealSingly ? SealTogether(chunks, all) : SealSingly(chunks, all);
            foreach (var chunk in chunks)
                Release(chunk);
            return done;
        }
    }

    private List<Chunk> PinDirty(bool all)
    {
        var chunks = new List<Chunk>();
        var now = NowMs;
        lock (_lock)
        {
            all |= _dirtyCount > ChunkLimits.DirtyChunks;
            for (var chunk = _firstDirty; chunk is not null; chunk = chunk.NextDirty)
            {
                if (!all && now - chunk.LastWriteMs < ChunkLimits.SealQuietMs && now - chunk.DirtySinceMs < ChunkLimits.SealAgeMs)
                    continue;
                chunk.Pins++;
                chunks.Add(chunk);
            }
        }

        return chunks;
    }

    private int SealSingly(List<Chunk> chunks, bool all)
    {
        var done = 0;
        foreach (var chunk in chunks)
        {
            if (SyncChunk(chunk, chunkBytes: 0) == Errno.None && Complete(chunk, all, synced: false))
                done++;
        }

        return done;
    }

    private int SealTogether(List<Chunk> chunks, bool all)
    {
        var error = store.SyncAll();
        if (error != Errno.None)
        {
            LogSyncFailed(logger, error, 0, default, 0);
            return 0;
        }

        var done = 0;
        foreach (var chunk in chunks)
        {
            if (Complete(chunk, all, synced: true))
                done++;
        }

        return done;
    }

    private bool Complete(Chunk chunk, bool all, bool synced)
    {
        chunk.Enter();
        var error = chunk.CompleteSeal();
        var clean = chunk.Dirty == 0;
        if (chunk.IsLaidOut && (all || NowMs - chunk.LastWriteMs >= ChunkLimits.SealQuietMs))
            chunk.GiveBack();
        lock (_lock)
        {
            if (synced && chunk.QuietSinceSeal)
                RemoveUnsynced(chunk);
            if (clean && !chunk.IsLaidOut)
                RemoveDirty(chunk);
            else
                chunk.DirtySinceMs = NowMs;
        }

        chunk.Exit();
        if (error is not (Errno.None or Errno.WrongEpoch))
            LogSealFailed(logger, error, chunk.Key.Volume.Value, chunk.Key.Inode, chunk.Key.Chunk.Value);
        return clean;
    }
}
