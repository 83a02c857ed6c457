namespace SealFs.StorageNode.Engine;

/// <summary>How much memory the metadata engine may use.</summary>
public sealed record MetadataEngineOptions
{
    /// <summary>Block cache: data blocks, indexes, filters and write buffers together stay below this.</summary>
    public long CacheBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Write buffers of all tables together; part of the cache's bytes.</summary>
    public long WriteBufferBytes { get; init; } = 96L * 1024 * 1024;

    /// <summary>Threads for flushes and compactions.</summary>
    public int BackgroundJobs { get; init; } = 2;
}
