namespace SealFs.StorageNode.Engine;

/// <summary>The metadata store failed: the disk, the files or their format. The node cannot go on with it.</summary>
public sealed class MetadataEngineException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The disk is full. RocksDB goes on by itself some seconds after there is room again.</summary>
    public bool IsNoSpace { get; init; }
}
