namespace SealFs.StorageNode.Chunks;

/// <summary>The table of chunk records, as far as the data engine itself uses it. Calls come with the chunk's lock held.</summary>
public interface IChunkRecords
{
    /// <summary>Bytes of the record, 0 when there is none, -1 when this node does not serve the shard.</summary>
    int Read(in ChunkKey key, Span<byte> target);

    /// <summary>Replaces the record with one that says the same about blocks and usage, so that no counter changes. False when the shard has gone.</summary>
    bool Replace(in ChunkKey key, ReadOnlySpan<byte> record);
}
