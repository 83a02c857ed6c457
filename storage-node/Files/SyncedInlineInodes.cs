using SealFs.Core;

namespace SealFs.StorageNode.Files;

/// <summary>
/// Which inline contents somebody may have synced. When such content moves to a chunk, the chunk has to be on the disk before the row says so: otherwise the
/// loss of power would take bytes back that fsync(2) had promised. Contents that nobody synced need no such wait.
/// </summary>
internal sealed class SyncedInlineInodes(long startNs)
{
    private readonly Lock _gate = new();
    private readonly HashSet<InodeId> _inodes = [];
    private long _everythingBeforeNs = startNs;

    public void Add(InodeId inode, long nowNs)
    {
        lock (_gate)
        {
            if (_inodes.Count >= FileLimits.SyncedInlineInodes)
            {
                _inodes.Clear();
                _everythingBeforeNs = nowNs;
            }

            _inodes.Add(inode);
        }
    }

    /// <summary>
    /// True when content of the file may have been synced. Files that are older than what is remembered may have been, whenever they were changed last: a change does
    /// not touch all of the content.
    /// </summary>
    public bool MayContain(InodeId inode, long birthTimeNs)
    {
        lock (_gate)
            return birthTimeNs <= _everythingBeforeNs || _inodes.Contains(inode);
    }

    /// <summary>A shard came from a node that knew what had been synced there: anything may have been.</summary>
    public void MayContainAll(long nowNs)
    {
        lock (_gate)
            _everythingBeforeNs = Math.Max(_everythingBeforeNs, nowNs);
    }

    public void Remove(InodeId inode)
    {
        lock (_gate)
            _inodes.Remove(inode);
    }
}
