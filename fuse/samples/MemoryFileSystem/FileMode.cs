namespace SealFs.Fuse.MemoryFs;

/// <summary>The st_mode values of Linux that matter here.</summary>
internal static class FileMode
{
    public const uint S_IFMT = 0xF000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_ISGID = 0x400;
    public const uint PermissionBits = 0xFFF;
}
