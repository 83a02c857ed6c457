using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// Revalidates an inode, remembers that the session has it open, and sends the content of a small file along when the client has not got it already.
/// </summary>
internal static class OpenOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<OpenRequest>(out var message) || request.ParkIfInodeLocked(message.Inode))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = RootDirectory.Get(mutation, message.Inode, out var row);
        if (status == Errno.None && row.IsDirectory && request.ParkIfAnyEntryLocked(message.Inode))
            return;
        if (status == Errno.None && !mutation.TryOpen(message.Inode, request.SessionId, message.Stamp))
            status = Errno.ENOMEM;
        if (status != Errno.None)
            request.Reply(status);
        else if (!request.IsPart && WantsContent(in message, in row))
            ReplyWithContent(request, mutation, in row);
        else
            request.Reply(Errno.None, new AttributesReply(row.Attributes));
    }

    private static bool WantsContent(in OpenRequest message, in InodeRow row) =>
        (message.Flags & OpenFlags.WantData) != 0
        && (row.Attributes.Flags & InodeFlags.Inline) != 0
        && row.Attributes.Version != message.KnownVersion;

    private static void ReplyWithContent(NodeRequest request, Mutation mutation, in InodeRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        using var content = mutation.Engine.GetPinned(Table.InlineData, MetadataKey.InlineData(key, mutation.Shard.Id, mutation.Volume, row.Id));
        request.Reply(Errno.None, new AttributesReply(row.Attributes), content.Value);
    }
}
