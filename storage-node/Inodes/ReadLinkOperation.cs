using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>The target of a symbolic link, as payload of an empty answer.</summary>
internal static class ReadLinkOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<InodeRequest>(out var message))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        if (!mutation.TryGetInode(message.Inode, out var row))
        {
            request.Reply(Errno.ENOENT);
            return;
        }

        if (!row.Attributes.IsSymlink)
        {
            request.Reply(Errno.EINVAL);
            return;
        }

        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        using var target = mutation.Engine.GetPinned(
            Table.InlineData, MetadataKey.InlineData(key, mutation.Shard.Id, mutation.Volume, message.Inode));
        if (target.Found)
            request.Reply(Errno.None, default(EmptyMessage), target.Value);
        else
            request.Reply(Errno.EIO);
    }
}
