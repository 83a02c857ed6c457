using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// A session closes any number of inodes; orphans that nobody has open any more go. What belongs to other nodes by now is passed on to them, when a client asked, who is answered when they
/// have it; another node, which passes on, is told WrongEpoch when there is any.
/// </summary>
internal static class CloseOperation
{
    public static void Handle(NodeRequest request)
    {
        if (request.PayloadLength % OpenReference.WireSize != 0)
        {
            request.Reply(Errno.Malformed);
            return;
        }

        List<OpenReference>? elsewhere = null;
        var reader = new WireReader(request.Payload);
        while (reader.Remaining > 0)
        {
            var reference = OpenReference.Read(ref reader);
            if (!TryClose(request.Node, reference, request.SessionId))
                (elsewhere ??= []).Add(reference);
        }

        if (elsewhere is not null && request.Session.Role == PeerRole.Node)
        {
            request.Reply(Errno.WrongEpoch);
            return;
        }

        if (elsewhere is null)
            request.Reply(Errno.None);
        else
            request.Node.CloseElsewhere(request.SessionId, request.Volume, elsewhere, request.Reply);
    }

    /// <summary>False when this node does not serve the inode's shard.</summary>
    public static bool TryClose(NodeContext node, OpenReference reference, SessionId session)
    {
        if (node.Shards.Find(reference.Inode.Shard) is not { } shard)
            return false;
        using (shard.Enter())
        {
            if (shard.IsRetired)
                return false;
            shard.Opens.Remove(reference.Inode, session, reference.Stamp);
            Orphans.Closed(shard, reference.Inode);
            return true;
        }
    }
}
