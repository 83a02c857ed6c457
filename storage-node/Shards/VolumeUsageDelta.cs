namespace SealFs.StorageNode.Shards;

/// <summary>A change of what a volume uses.</summary>
public readonly record struct VolumeUsageDelta(long Bytes, long Inodes);
