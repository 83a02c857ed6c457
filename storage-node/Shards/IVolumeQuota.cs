using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>Whether a volume may grow on this node. Called with the shard's gate held.</summary>
public interface IVolumeQuota
{
    /// <summary>
    /// True when the request may add so much. False: the request was answered (ENOSPC) or will be dispatched again when the manager has granted more, and the
    /// handler must return without a reply.
    /// </summary>
    bool Admit(NodeRequest request, VolumeId volume, long bytes, long inodes);
}
