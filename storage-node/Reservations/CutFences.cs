using SealFs.Core;

namespace SealFs.StorageNode.Reservations;

/// <summary>
/// Cuts of files with more than one chunk, before they change anything: the reservations of all nodes that may have a chunk behind the new end are taken back first, and the cut begins when none was
/// given since. So nobody sees the new size who can still write behind it and lose that to the cut. With the gate of the inode's shard held.
/// </summary>
internal sealed class CutFences
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(VolumeId, InodeId), Fence> _fences = [];

    /// <summary>A new fence, which replaces one that is there.</summary>
    public Fence Begin(VolumeId volume, InodeId inode)
    {
        var fence = new Fence();
        lock (_gate)
        {
            if (_fences.Count >= ReservationLimits.Fences)
                _fences.Clear();
            _fences[(volume, inode)] = fence;
        }

        return fence;
    }

    /// <summary>A chunk of the inode was reserved.</summary>
    public void Break(VolumeId volume, InodeId inode)
    {
        lock (_gate)
            _fences.Remove((volume, inode));
    }

    /// <summary>True when all reservations were taken back and none was given since; then the fence has served.</summary>
    public bool TryPass(VolumeId volume, InodeId inode)
    {
        lock (_gate)
            return _fences.TryGetValue((volume, inode), out var fence) && fence.IsComplete && _fences.Remove((volume, inode));
    }

    internal sealed class Fence
    {
        /// <summary>Every node has taken back what it had.</summary>
        public volatile bool IsComplete;
    }
}
