using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// A session closes any number of inodes; orphans that nobody has open any more go. References to shards that this node does not serve come back as the answer's
/// payload: a shard has moved, and its new node must be told.
/// </summary>
internal static unsafe class CloseOperation
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
            if (request.Node.Shards.Find(reference.Inode.Shard) is not { } shard || !TryClose(shard, reference, request.SessionId))
                (elsewhere ??= []).Add(reference);
        }

        if (elsewhere is null)
            request.Reply(Errno.None);
        else
            ReplyElsewhere(request, elsewhere);
    }

    private static bool TryClose(Shard shard, OpenReference reference, SessionId session)
    {
        using (shard.Enter())
        {
            // Handed over in this moment, with the reference.
            if (shard.IsRetired)
                return false;
            if (shard.Opens.Remove(reference.Inode, session, reference.Stamp))
                Orphans.PurgeIfClosed(shard, reference.Inode);
            return true;
        }
    }

    private static void ReplyElsewhere(NodeRequest request, List<OpenReference> references)
    {
        var length = references.Count * OpenReference.WireSize;
        var payload = request.RentPayload(length);
        var writer = new WireWriter(new Span<byte>(payload, length));
        foreach (var reference in references)
            reference.Write(ref writer);
        request.ReplyRented(Errno.None, default(EmptyMessage), length);
    }
}
