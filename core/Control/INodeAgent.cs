using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Core.Control;

/// <summary>
/// What a storage node tells the manager and what it does with the answers. All members are called by <see cref="NodeHeartbeatLoop"/>, one at a time;
/// they must be quick, since the lease runs meanwhile. An exception in one is a bug: it ends the loop, and with it the lease.
/// </summary>
public interface INodeAgent
{
    /// <summary>The node as it registers. Asked again at each registration.</summary>
    RegisterNodeRequest Describe();

    /// <summary>The node has an id, a lease and the cluster's key. Called again after a registration was repeated: nothing but the map may differ.</summary>
    void OnRegistered(RegisterNodeResponse registration, ClusterMap map);

    /// <summary>
    /// Fills in what only the node knows: usage and applied ceilings of each volume, disks, health, purged volumes, copies of shards that it does not serve, and
    /// what the shards that it serves hold and do. Ids, versions and the session log are filled in by the loop. The usage must include what was reserved under the ceilings that are reported.
    /// </summary>
    void Report(HeartbeatRequest heartbeat);

    /// <summary>Every active volume with the node's ceilings, which replace the earlier ones. A volume that is missing has been deleted.</summary>
    void OnVolumes(IReadOnlyList<VolumeGrant> volumes);

    /// <summary>What the disks of the cluster have together, for statfs(2). With every answer, before the volumes.</summary>
    void OnRoom(ClusterRoom room)
    {
    }

    /// <summary>
    /// Volumes whose data is to be purged; repeated until the node has reported them as purged. Called with every answer: a volume that is not asked for any
    /// more is no longer to be reported as purged, since it may be asked for again when a shard has come with data of it.
    /// </summary>
    void OnPurgeVolumes(IReadOnlyList<VolumeId> volumes);

    /// <summary>
    /// What to do about shards that the node does not serve: the whole list, with every answer. What is not in it is left as it is. The node goes on reporting a
    /// copy until it is gone. Who never holds a copy has nothing to do here.
    /// </summary>
    void OnCopyOrders(IReadOnlyList<CopyOrder> orders)
    {
    }

    /// <summary>Sessions that ended: their locks, leases and open references go.</summary>
    void OnSessionsEnded(IReadOnlyList<SessionId> sessions);

    /// <summary>All sessions that live. Any other one with a number up to this has ended. Comes with each registration, too.</summary>
    void OnSessionsListed(IReadOnlySet<SessionId> live, ulong newest);

    /// <summary>With every answer: a fresh token to show to other nodes, or nothing while the one that the node has is good for long.</summary>
    void OnToken(ReadOnlyMemory<byte> token)
    {
    }

    /// <summary>A later process has registered with this node's identity, or the cluster refuses it: stop serving. The loop has ended.</summary>
    void OnRefused(string reason);
}
