namespace SealFs.StorageNode.Inodes;

/// <summary>Whether a partition may be used.</summary>
public enum PartitionState : byte
{
    /// <summary>Serves its names.</summary>
    Serving = 0,

    /// <summary>Its entries are being copied here; requests for it are told to come again.</summary>
    Filling = 1,

    /// <summary>The directory is being removed: nothing may be added.</summary>
    Closing = 2,

    /// <summary>A row in the directory's own shard which says that there is such a partition, in another shard.</summary>
    Elsewhere = 3,
}
