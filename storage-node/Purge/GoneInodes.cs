using SealFs.Core;

namespace SealFs.StorageNode.Purge;

/// <summary>
/// The inodes whose chunks were removed here last. A client's write-back may still be on its way when its file goes: what it would add to a chunk above 0, whose
/// shard knows nothing of the inode, is refused by this. Whatever comes later still is left to <see cref="ChunkCollector"/>.
/// </summary>
internal sealed class GoneInodes
{
    private readonly Lock _gate = new();
    private readonly HashSet<(VolumeId, InodeId)> _inodes = [];
    private readonly Queue<(VolumeId, InodeId)> _inOrder = [];

    /// <summary>Before the first of its chunks is removed: a write that is not refused has happened by then, and what it made is removed with the rest.</summary>
    public void Add(VolumeId volume, InodeId inode)
    {
        lock (_gate)
        {
            if (!_inodes.Add((volume, inode)))
                return;
            _inOrder.Enqueue((volume, inode));
            if (_inOrder.Count > PurgeLimits.GoneInodes)
                _inodes.Remove(_inOrder.Dequeue());
        }
    }

    public bool Contains(VolumeId volume, InodeId inode)
    {
        lock (_gate)
            return _inodes.Contains((volume, inode));
    }
}
