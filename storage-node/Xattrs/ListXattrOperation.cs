using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Xattrs;

/// <summary>The names of an inode's extended attributes, each with a NUL behind it as listxattr(2) gives them, as payload.</summary>
internal static unsafe class ListXattrOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<InodeRequest>(out var message) || request.ParkIfInodeLocked(message.Inode))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = RootDirectory.Get(mutation, message.Inode, out var row);
        if (status != Errno.None || row.XattrBytes == 0)
        {
            request.Reply(status);
            return;
        }

        // Names are part of the bytes counted; every one is at least six long, so the NULs never double them.
        var capacity = (int)Math.Min(row.XattrBytes * 2, NodeLimits.XattrListBytes);
        var length = List(mutation, message.Inode, new Span<byte>(request.RentPayload(capacity), capacity));
        if (length < 0)
            request.Reply(Errno.E2BIG);
        else
            request.ReplyRented(Errno.None, default(EmptyMessage), length);
    }

    private static int List(Mutation mutation, InodeId inode, Span<byte> target)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using var rows = mutation.Engine.Scan(
            Table.Metadata,
            MetadataKey.Xattr(from, mutation.Shard.Id, mutation.Volume, inode, default),
            MetadataKey.Numbered(end, mutation.Shard.Id, mutation.Volume, (byte)'X', inode.Value + 1));
        var length = 0;
        while (rows.MoveNext())
        {
            var name = rows.Key[MetadataKey.XattrNameAt..];
            if (length + name.Length + 1 > target.Length)
                return -1;
            name.CopyTo(target[length..]);
            length += name.Length;
            target[length++] = 0;
        }

        return length;
    }
}
