using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Xattrs;

/// <summary>Removes an extended attribute.</summary>
internal static class RemoveXattrOperation
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
        if (status != Errno.None)
        {
            request.Reply(status);
            return;
        }

        Span<byte> keyBuffer = stackalloc byte[MetadataKey.MaxLength];
        var key = MetadataKey.Xattr(keyBuffer, mutation.Shard.Id, mutation.Volume, message.Inode, message.Name);
        var present = mutation.LengthOf(Table.Metadata, key);
        if (present < 0)
        {
            request.Reply(Errno.ENODATA);
            return;
        }

        row.XattrBytes -= (uint)(message.Name.Length + present - 1);
        mutation.Delete(Table.Metadata, key);
        row.Changed(request.Node.NowNs);
        mutation.PutInode(in row);
        mutation.Commit(request, default(EmptyMessage));
    }
}
