using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// What statfs(2) shows. The use of the whole cluster is as of the last heartbeat, with what changed here since. Without a quota the volume may fill the
/// cluster: its capacity is told as this node's times the number of nodes, which is exact where they are alike.
/// </summary>
internal static class StatVolumeOperation
{
    /// <summary>Shown as the number of inodes where there is no quota of them: the metadata disk sets the limit.</summary>
    private const ulong UnlimitedInodes = 1UL << 40;

    public static void Handle(NodeRequest request)
    {
        var node = request.Node;
        if (node.Volume(request.Volume) is not { } volume)
        {
            request.Reply(Errno.Busy);
            return;
        }

        var here = node.Usage(request.Volume);
        var usedBytes = Adjusted(volume.UsedBytes, here.UsedBytes - volume.ReportedBytes);
        var usedInodes = Adjusted(volume.UsedInodes, here.Inodes - volume.ReportedInodes);
        var nodes = (ulong)Math.Max(1, node.Map?.Nodes.Length ?? 1);
        request.Reply(Errno.None, new StatVolumeReply(
            volume.QuotaBytes != 0 ? volume.QuotaBytes : Math.Max(usedBytes, node.DataCapacityBytes * nodes),
            usedBytes,
            volume.QuotaInodes != 0 ? volume.QuotaInodes : UnlimitedInodes,
            usedInodes));
    }

    private static ulong Adjusted(ulong reported, long change) => (ulong)Math.Max(0, (long)reported + change);
}
