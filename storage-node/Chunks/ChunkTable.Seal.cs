using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Chunks;

/// <summary>Turning dirty chunks clean, in rounds: one thread at a time.</summary>
public sealed partial class ChunkTable
{
    private readonly Lock _sealGate = new();
    private readonly LogRate _sealFailures = new(time ?? TimeProvider.System, perSecond: 1);

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
            if (!TrySyncMarks(chunks))
            {
                foreach (var chunk in chunks)
                    Release(chunk);
                return 0;
            }

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

    /// <summary>The log first, where a clean block was marked dirty by a commit that may not be on the disk: its new bytes would not agree with the sum that a loss of power brings back.</summary>
    private bool TrySyncMarks(List<Chunk> chunks)
    {
        var durable = Interlocked.Read(ref _durableEpoch);
        if (SyncLog is not { } sync || chunks.TrueForAll(chunk => Volatile.Read(ref chunk.MarkEpoch) < durable))
            return true;
        var epoch = BeginLogSync();
        if (sync() != Errno.None)
            return false;
        EndLogSync(epoch);
        return true;
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
            if (SyncChunk(chunk, chunkBytes: 0) == Errno.None && Complete(chunk, all))
                done++;
        }

        return done;
    }

    private int SealTogether(List<Chunk> chunks, bool all)
    {
        if (!SyncTogether(chunks))
            return SealSingly(chunks, all);
        var done = 0;
        foreach (var chunk in chunks)
        {
            if (!chunk.HasLost && Complete(chunk, all))
                done++;
        }

        return done;
    }

    private bool Complete(Chunk chunk, bool all)
    {
        chunk.Enter();
        try
        {
            var error = chunk.CompleteSeal();
            var clean = chunk.Dirty == 0;
            if (chunk.IsLaidOut && (all || NowMs - chunk.LastWriteMs >= ChunkLimits.SealQuietMs))
                chunk.GiveBack();
            lock (_lock)
            {
                if (clean && !chunk.IsLaidOut)
                    RemoveDirty(chunk);
                else
                    chunk.DirtySinceMs = NowMs;
            }

            if (error is not (Errno.None or Errno.WrongEpoch))
                NoteSealFailed(chunk, error, null);
            return clean;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The record could not be stored: the chunk stays dirty, and its turn comes again.
            NoteSealFailed(chunk, Errno.EIO, exception);
            return false;
        }
        finally
        {
            chunk.Exit();
        }
    }

    private void NoteSealFailed(Chunk chunk, Errno error, Exception? exception)
    {
        if (_sealFailures.Permits())
            LogSealFailed(logger, exception, error, chunk.Key.Volume.Value, chunk.Key.Inode, chunk.Key.Chunk.Value);
    }
}
