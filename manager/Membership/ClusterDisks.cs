using SealFs.Core.Control.V1;

namespace SealFs.Manager.Membership;

/// <summary>The disks of the live nodes, each counted once: nodes of one host may share one. A node that does not name its disk counts as having one of its own.</summary>
internal static class ClusterDisks
{
    /// <returns>What is there for volumes; and the free bytes of the data disks, reserves included.</returns>
    public static (ClusterRoom Room, ulong FreeBytes) Count(IEnumerable<NodeEntry> live)
    {
        var data = new Dictionary<string, (ulong Capacity, ulong Available, ulong Free)>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, ulong>(StringComparer.Ordinal);
        var room = new ClusterRoom();
        foreach (var node in live)
        {
            if (node.LastHeartbeat is not { } heartbeat)
            {
                room.CapacityBytes += node.Record.CapacityBytes;
                continue;
            }

            // Of nodes that share a disk one may be out of room for another reason, or have looked a moment earlier.
            var disk = NameOf(heartbeat.DataDisk, node);
            var (capacity, available, free) = data.GetValueOrDefault(disk);
            data[disk] = (Math.Max(capacity, heartbeat.CapacityBytes), Math.Max(available, heartbeat.AvailableBytes), Math.Max(free, heartbeat.FreeBytes));
            disk = NameOf(heartbeat.MetadataDisk, node);
            metadata[disk] = Math.Max(metadata.GetValueOrDefault(disk), heartbeat.MetadataAvailableBytes);
        }
        var freeBytes = 0ul;
        foreach (var (capacity, available, free) in data.Values)
        {
            room.CapacityBytes += capacity;
            room.AvailableBytes += available;
            freeBytes += free;
        }
        foreach (var available in metadata.Values)
            room.MetadataAvailableBytes += available;
        return (room, freeBytes);
    }

    private static string NameOf(string disk, NodeEntry node) => disk.Length > 0 ? disk : $"node {node.Id.Value}";
}
