namespace SealFs.StorageNode.Engine;

/// <summary>How much memory the metadata engine may use.</summary>
public sealed record MetadataEngineOptions
{
    /// <summary>Block cache: data blocks, indexes, filters and write buffers together stay below this.</summary>
    public long CacheBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Write buffers of all tables together; part of the cache's bytes.</summary>
    public long WriteBufferBytes { get; init; } = 96L * 1024 * 1024;

    /// <summary>
    /// Bytes of each of the two log files that are laid out when the store opens, so that syncs need not wait for the file to grow; 0 for none. What is written
    /// between two flushes of the write buffers goes into one file; 16 MiB take 3,000 small files with their content, and logs grow to what they need.
    /// </summary>
    public long LogAheadBytes { get; init; }

    /// <summary>Threads for flushes and compactions.</summary>
    public int BackgroundJobs { get; init; } = 2;
}
