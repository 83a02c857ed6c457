namespace SealFs.StorageNode.Files;

/// <summary>The bounds of file operations, each with its reason.</summary>
internal static class FileLimits
{
    /// <summary>Largest file: what off_t can say.</summary>
    public const ulong SizeBytes = long.MaxValue;

    /// <summary>Largest content kept beside the inode, whatever a volume asks for: it is rewritten as a whole with every change.</summary>
    public const int InlineBytes = 64 * 1024;
}
