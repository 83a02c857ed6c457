namespace SealFs.StorageNode.Reservations;

/// <summary>The bounds of reserving chunks, each with its reason.</summary>
internal static class ReservationLimits
{
    /// <summary>Inodes that a node knows a reservation of: a few megabytes. For others it asks again.</summary>
    public const int Known = 65_536;

    /// <summary>Cuts of one node that are between their two halves. What is forgotten begins again.</summary>
    public const int Fences = 65_536;

    /// <summary>Smallest reservation, in chunks: the request that it costs is worth some data. What is reserved doubles with the file.</summary>
    public const ulong FirstChunks = 4;

    /// <summary>One question to the inode's shard, all tries together. Longer than a request may wait there for a cut; the client asks again.</summary>
    public const uint CallMs = 10_000;

    /// <summary>Pause before looking again whether a cut on this node has ended.</summary>
    public const int PauseMs = 2;
}
