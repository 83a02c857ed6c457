namespace SealFs.StorageNode.Routing;

/// <summary>The bounds of calls between nodes, each with its reason.</summary>
internal static class Limits
{
    /// <summary>One try: a peer that takes longer is asked again, since requests between nodes may be repeated.</summary>
    public const uint TryMs = 10_000;

    /// <summary>First and last pause between tries, ms: a node that restarts is away for seconds, one whose map is old for milliseconds.</summary>
    public const int BackoffFirstMs = 2;

    public const int BackoffLastMs = 250;

    /// <summary>Connections to other nodes: each has a thread, which sleeps, and a buffer of 128 KiB. With more nodes than that it is one to each.</summary>
    public const int PeerConnections = 128;
}
