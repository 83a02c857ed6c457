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

    /// <summary>Threads for flushes and compactions.</summary>
    public int BackgroundJobs { get; init; } = 2;
}
