namespace SealFs.StorageNode.Checks;

/// <summary>The bounds of scans and scrubbing, each with its reason.</summary>
internal static class CheckLimits
{
    /// <summary>Payload of one page: some thousand rows, and less than the time that would hold up anybody.</summary>
    public const int PageBytes = 256 * 1024;

    /// <summary>Bytes of data verified for one page.</summary>
    public const ulong VerifyBytes = 64UL << 20;

    /// <summary>Files without a record told in one scan of a shard.</summary>
    public const int StrayFiles = 1000;

    /// <summary>How fast the scrubber reads, bytes a second: a disk of 1 TB in twelve days, unnoticed.</summary>
    public const long ScrubBytesPerSecond = 1 << 20;

    /// <summary>Chunks looked at in one step of the scrubber.</summary>
    public const int ScrubPage = 64;
}
