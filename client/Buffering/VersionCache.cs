using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <summary>
/// Which version of a file's content the kernel's page cache may still hold, for files that are closed. An open that finds the same version at the server
/// keeps the pages. A fixed table in which a newer file displaces an older one.
/// </summary>
internal sealed class VersionCache
{
    private readonly (ulong Inode, ulong Version)[] _entries = new (ulong, ulong)[Limits.KnownVersions];
    private readonly Lock _gate = new();

    /// <summary>0 when it is not known.</summary>
    public ulong Find(InodeId inode)
    {
        ref var entry = ref EntryOf(inode);
        lock (_gate)
            return entry.Inode == inode.Value ? entry.Version : 0;
    }

    public void Remember(InodeId inode, ulong version)
    {
        ref var entry = ref EntryOf(inode);
        lock (_gate)
            entry = (inode.Value, version);
    }

    private ref (ulong Inode, ulong Version) EntryOf(InodeId inode) =>
        ref _entries[(inode.Value * 0x9E3779B97F4A7C15) >> (64 - 18)];
}
