using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Membership;
using SealFs.Manager.Moves;

namespace SealFs.Manager;

/// <summary>
/// Deleted volumes are purged by every node that may have something of them. A shard that changes nodes may carry something from a node that has purged, or has not
/// come to it, to one that has: both purge again when it is decided who has the shard, and what they report before counts for nothing.
/// </summary>
internal sealed partial class ControlPlane
{
    private async Task TakePurgedAsync(NodeEntry node, HeartbeatRequest request)
    {
        var change = NewChange();
        foreach (var volume in volumes.Deleting)
        {
            if (!request.PurgedVolumes.Contains(volume.Record.Id))
                volume.NotYetPurging.Remove(node.Id);
            else if (MayHavePurged(node) && !volume.NotYetPurging.Contains(node.Id) && volume.Record.PurgePending.Contains(node.Record.Id))
                change.PurgeNoMore(volume.Record, node.Id);
        }
        await CommitAsync(change);
    }

    private void AnswerPurges(NodeEntry node, HeartbeatResponse response)
    {
        foreach (var volume in volumes.Deleting)
        {
            if (volume.Record.PurgePending.Contains(node.Record.Id) && !volume.NotYetPurging.Contains(node.Id))
                response.PurgeVolumes.Add(volume.Record.Id);
        }
    }

    private bool MayHavePurged(NodeEntry node) => !moves.Of(node.Id).Any(move => move.Record.IsSwitching);

    private void PurgeAgain(ClusterChange change, MoveRecord move)
    {
        foreach (var volume in volumes.Deleting)
            change.PurgeAlso(volume.Record, move.SourceId, move.TargetId);
    }

    /// <summary>It has been decided who has the shard.</summary>
    private void PurgeAnew(MoveRecord move)
    {
        foreach (var volume in volumes.Deleting)
        {
            volume.NotYetPurging.Add(move.SourceId);
            volume.NotYetPurging.Add(move.TargetId);
        }
    }
}
