using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>The table of chunk records, as far as the data engine itself uses it. Calls come with the chunk's lock held.</summary>
public interface IChunkRecords
{
    /// <summary>Bytes of the record, 0 when there is none, -1 when this node does not serve the shard.</summary>
    int Read(in ChunkKey key, Span<byte> target);

    /// <summary>Replaces the record with one that says the same about blocks and usage, so that no counter changes. False when the shard has gone.</summary>
    bool Replace(in ChunkKey key, ReadOnlySpan<byte> record);

    /// <summary>Returns when every change of a record up to now is on stable storage, or with the error that prevents it. Waits.</summary>
    Errno Sync();

    /// <summary>
    /// Calls back where waiting is allowed, when every change of a record up to now is on stable storage; not at all when that fails. Asks for no sync of its own:
    /// the next one serves, which is at most an interval away.
    /// </summary>
    void AfterNextSync(Action callback);
}
