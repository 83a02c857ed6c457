using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>A session closes any number of inodes; orphans that nobody has open any more go. References to shards of other nodes are passed over.</summary>
internal static class CloseOperation
{
    public static void Handle(NodeRequest request)
    {
        if (request.PayloadLength % OpenReference.WireSize != 0)
        {
            request.Reply(Errno.Malformed);
            return;
        }

        var reader = new WireReader(request.Payload);
        while (reader.Remaining > 0)
        {
            var reference = OpenReference.Read(ref reader);
            if (request.Node.Shards.Find(reference.Inode.Shard) is { } shard)
                Close(shard, reference, request.SessionId);
        }

        request.Reply(Errno.None);
    }

    private static void Close(Shard shard, OpenReference reference, SessionId session)
    {
        using (shard.Enter())
        {
            // The client tells the new owner, which was handed the reference: what this node does not serve is passed over.
            if (shard.IsRetired)
                return;
            if (shard.Opens.Remove(reference.Inode, session, reference.Stamp))
                Orphans.PurgeIfClosed(shard, reference.Inode);
        }
    }
}
