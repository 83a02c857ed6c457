using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Xattrs;

/// <summary>Sets an extended attribute. All of an inode's together are bounded, so that they can be listed in one answer and deleted in one commit.</summary>
internal static class SetXattrOperation
{
    private const uint CreateOnly = 1;
    private const uint ReplaceOnly = 2;

    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<XattrRequest>(out var message) || request.ParkIfInodeLocked(message.Inode))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = XattrNames.Check(message.Name);
        var row = default(InodeRow);
        if (status == Errno.None && message.Flags > ReplaceOnly)
            status = Errno.EINVAL;
        if (status == Errno.None && request.PayloadLength > NodeLimits.XattrValueBytes)
            status = Errno.E2BIG;
        if (status == Errno.None)
            status = RootDirectory.Get(mutation, message.Inode, out row);
        if (status == Errno.None && request.Node.MetadataDiskIsFull)
            status = Errno.ENOSPC;
        if (status == Errno.None)
            Set(request, mutation, in message, ref row);
        else
            request.Reply(status);
    }

    private static void Set(NodeRequest request, Mutation mutation, in XattrRequest message, ref InodeRow row)
    {
        Span<byte> keyBuffer = stackalloc byte[MetadataKey.MaxLength];
        var key = MetadataKey.Xattr(keyBuffer, mutation.Shard.Id, mutation.Volume, message.Inode, message.Name);
        var present = mutation.LengthOf(Table.Metadata, key);
        var before = present < 0 ? -1 : message.Name.Length + present - 1;
        var total = row.XattrBytes - Math.Max(0, before) + message.Name.Length + request.PayloadLength;
        var refusal = before >= 0 && message.Flags == CreateOnly ? Errno.EEXIST
            : before < 0 && message.Flags == ReplaceOnly ? Errno.ENODATA
            : total > NodeLimits.XattrTotalBytes ? Errno.ENOSPC
            : Errno.None;
        if (refusal != Errno.None)
        {
            request.Reply(refusal);
            return;
        }

        Put(mutation, key, request.Payload);
        row.XattrBytes = (uint)total;
        row.Changed(request.Node.NowNs);
        mutation.PutInode(in row);
        mutation.Commit(request, default(EmptyMessage));
    }

    private static void Put(Mutation mutation, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var row = System.Buffers.ArrayPool<byte>.Shared.Rent(1 + value.Length);
        row[0] = XattrRow.FormatVersion;
        value.CopyTo(row.AsSpan(1));
        mutation.Put(Table.Metadata, key, row.AsSpan(0, 1 + value.Length));
        System.Buffers.ArrayPool<byte>.Shared.Return(row);
    }
}
