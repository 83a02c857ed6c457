using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>How much room may be laid out behind the data of chunks: never what fills a disk.</summary>
public sealed partial class ChunkTable
{
    private long _laidOutBytes;

    /// <summary>Written ahead of appends in all chunks, bytes; what the appends have come to use since is counted still.</summary>
    public long LaidOutBytes => Interlocked.Read(ref _laidOutBytes);

    /// <summary>True when a chunk may have so many bytes, instead of those it had; they are counted then.</summary>
    internal bool TryLayOut(uint hadBytes, uint bytes)
    {
        if (store.GetSpace(out var space) != Errno.None)
            return false;
        var most = (long)Math.Min(ChunkLimits.LaidOutBytes, space.FreeBytes / ChunkLimits.LaidOutFraction);
        var added = (long)bytes - hadBytes;
        if (Interlocked.Add(ref _laidOutBytes, added) <= most)
            return true;
        Interlocked.Add(ref _laidOutBytes, -added);
        return false;
    }

    internal void ReturnLaidOut(uint bytes) => Interlocked.Add(ref _laidOutBytes, -bytes);

    /// <summary>With the chunk entered, before it is synced: it is the sealer that looks after room that nobody needs any more.</summary>
    private void LayOut(Chunk chunk, uint chunkBytes)
    {
        chunk.LayOut(chunkBytes);
        if (!chunk.IsLaidOut || chunk.InDirtyList)
            return;
        lock (_lock)
            AddDirty(chunk);
    }
}
