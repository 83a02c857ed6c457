using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// After a restart of this node a client says what it has open here. An orphan that the session does not name has been closed meanwhile, and its reference goes:
/// the payload is everything the session has open on this node, in one request.
/// </summary>
internal static class ReassertOpenOperation
{
    public static void Handle(NodeRequest request)
    {
        if (request.PayloadLength % OpenReference.WireSize != 0)
        {
            request.Reply(Errno.Malformed);
            return;
        }

        var reader = new WireReader(request.Payload);
        var status = Errno.None;
        while (reader.Remaining > 0)
        {
            var reference = OpenReference.Read(ref reader);
            if (request.Node.Shards.Find(reference.Inode.Shard) is { } shard && !Assert(shard, reference, request.SessionId))
                status = Errno.ENOMEM;
        }

        foreach (var shard in request.Node.Shards.Opened())
            ReleaseUnnamed(shard, request.SessionId);
        request.Reply(status);
    }

    private static bool Assert(Shard shard, OpenReference reference, SessionId session)
    {
        using (shard.Enter())
            return shard.Opens.TryAdd(reference.Inode, session, Math.Max(1, reference.Stamp));
    }

    /// <summary>References that come from orphan rows have stamp 0 until they are asserted.</summary>
    private static void ReleaseUnnamed(Shard shard, SessionId session)
    {
        using (shard.Enter())
        {
            if (shard.IsRetired)
                return;
            foreach (var inode in shard.Orphans.Keys.ToArray())
            {
                shard.Opens.Remove(inode, session, 0);
                Orphans.Closed(shard, inode);
            }
        }
    }
}
