using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>What the session has open on this node, for a worker that takes over from one that died. Payload: OpenReference, any number.</summary>
internal static unsafe class ListOpenOperation
{
    public static void Handle(NodeRequest request)
    {
        var references = new List<OpenReference>();
        foreach (var shard in request.Node.Shards.Opened())
        {
            using (shard.Enter())
                shard.Opens.List(request.SessionId, references);
        }

        var length = references.Count * OpenReference.WireSize;
        if (length == 0)
        {
            request.Reply(Errno.None);
            return;
        }

        var payload = request.RentPayload(length);
        var writer = new WireWriter(new Span<byte>(payload, length));
        foreach (var reference in references)
            reference.Write(ref writer);
        request.ReplyRented(Errno.None, default(EmptyMessage), length);
    }
}
