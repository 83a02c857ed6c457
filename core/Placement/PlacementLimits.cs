namespace SealFs.Core.Placement;

/// <summary>The limits of the cluster map.</summary>
public static class PlacementLimits
{
    /// <summary>An inode id has 20 bits for its shard.</summary>
    public const uint MaxShards = 1u << 20;

    /// <summary>Shards of a cluster whose creator chose nothing: enough for some tens of nodes, cheap on one.</summary>
    public const uint DefaultShards = 256;

    /// <summary>More copies than this cost more than they protect.</summary>
    public const int MaxCopies = 3;

    /// <summary>Root inodes take the low 20 bits of the sequence, so volume ids stay below this.</summary>
    public const uint MaxVolumeId = (1u << 20) - 1;

    /// <summary>A map names every node in every client's memory; a cluster beyond this size wants another design.</summary>
    public const int MaxNodes = 4096;
}
