using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Xattrs;

/// <summary>The value of one extended attribute, as payload. The client compares its length with the caller's buffer.</summary>
internal static class GetXattrOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<XattrRequest>(out var message) || request.ParkIfInodeLocked(message.Inode))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = XattrNames.Check(message.Name);
        var row = default(InodeRow);
        if (status == Errno.None)
            status = RootDirectory.Get(mutation, message.Inode, out row);
        if (status == Errno.None && row.XattrBytes == 0)
            status = Errno.ENODATA;
        if (status != Errno.None)
        {
            request.Reply(status);
            return;
        }

        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        using var value = mutation.Engine.GetPinned(
            Table.Metadata, MetadataKey.Xattr(key, mutation.Shard.Id, mutation.Volume, message.Inode, message.Name));
        if (!value.Found)
            request.Reply(Errno.ENODATA);
        else if (value.Value.Length == 1)
            request.Reply(Errno.None);
        else
            request.Reply(Errno.None, default(EmptyMessage), XattrRow.Value(value.Value));
    }
}
