using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>Whether a volume may grow on this node, up to the ceilings in its <see cref="VolumeState"/>.</summary>
public interface IVolumeQuota
{
    /// <summary>
    /// With the shard's gate held: true when the request may add so much. False: the request was answered (ENOSPC) or will be dispatched again when the manager has
    /// granted more, and the handler must return without a reply.
    /// </summary>
    bool Admit(NodeRequest request, VolumeId volume, long bytes, long inodes);

    /// <summary>What is reserved beyond the usage, for writes that are under way. Any thread.</summary>
    VolumeUsageDelta Reserved(VolumeId volume);

    /// <summary>True when requests wait for a higher ceiling of the volume: the next heartbeat says so. Any thread.</summary>
    bool IsUrgent(VolumeId volume);

    /// <summary>The shard has retired: what waits there is answered. Called without a gate.</summary>
    void ShardLeft(Shard shard);

    /// <summary>A heartbeat has brought new ceilings; <see cref="NodeContext.Volume"/> has them. Called without a gate.</summary>
    void CeilingsChanged();
}
