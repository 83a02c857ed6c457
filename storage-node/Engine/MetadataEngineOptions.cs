namespace SealFs.StorageNode.Engine;

/// <summary>How much memory the metadata engine may use.</summary>
public sealed record MetadataEngineOptions
{
    /// <summary>
    /// Block cache: data blocks, indexes, filters and write buffers together stay below this. The heap that they lie in grows to a bit more than twice as much while blocks of different sizes
    /// come and go: with ten million files a node has to stay below 600 MiB.
    /// </summary>
    public long CacheBytes { get; init; } = 192L * 1024 * 1024;

    /// <summary>Write buffers of all tables together; part of the cache's bytes.</summary>
    public long WriteBufferBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// Bytes of each of the two log files that are laid out when the store opens, so that syncs need not wait for the file to grow; 0 for none. What is written
    /// between two flushes of the write buffers goes into one file; 16 MiB take 3,000 small files with their content, and logs grow to what they need.
    /// </summary>
    public long LogAheadBytes { get; init; }

    /// <summary>Threads for flushes and compactions.</summary>
    public int BackgroundJobs { get; init; } = 2;
}
