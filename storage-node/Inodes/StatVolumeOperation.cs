using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;
using ClusterRoom = SealFs.Core.Control.V1.ClusterRoom;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// What statfs(2) shows. The use of the whole cluster and the room on its disks are as of the last heartbeat, with what changed here since.
/// </summary>
internal static class StatVolumeOperation
{
    /// <summary>What a file takes of a metadata disk: its rows with their keys, in tables that are compacted now and then. An estimate, rather high than low.</summary>
    private const ulong BytesForInode = 512;

    public static void Handle(NodeRequest request)
    {
        var node = request.Node;
        if (node.Volume(request.Volume) is not { } volume)
        {
            request.Reply(Errno.Busy);
            return;
        }

        var here = node.Usage(request.Volume);
        var changedBytes = here.UsedBytes - volume.ReportedBytes;
        var usedBytes = Adjusted(volume.UsedBytes, changedBytes);
        var usedInodes = Adjusted(volume.UsedInodes, here.Inodes - volume.ReportedInodes);
        var room = node.Room ?? new ClusterRoom();
        var availableBytes = Adjusted(room.AvailableBytes, -changedBytes);
        var availableInodes = room.MetadataAvailableBytes / BytesForInode;
        var totalBytes = volume.QuotaBytes != 0 ? volume.QuotaBytes : Math.Max(usedBytes, room.CapacityBytes);
        if (volume.QuotaInodes != 0)
            availableInodes = Math.Min(availableInodes, Beyond(volume.QuotaInodes, usedInodes));
        request.Reply(Errno.None, new StatVolumeReply(
            totalBytes,
            usedBytes,
            volume.QuotaInodes != 0 ? volume.QuotaInodes : usedInodes + availableInodes,
            usedInodes,
            Math.Min(availableBytes, Beyond(totalBytes, usedBytes)),
            availableInodes));
    }

    private static ulong Beyond(ulong limit, ulong used) => limit > used ? limit - used : 0;

    private static ulong Adjusted(ulong reported, long change) => (ulong)Math.Max(0, (long)reported + change);
}
