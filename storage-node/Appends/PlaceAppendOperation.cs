using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Appends;

/// <summary>Chooses where appended bytes go, with the gate held. The size stays as it is until the bytes are written and committed.</summary>
internal static class PlaceAppendOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<PlaceAppendRequest>(out var asked) || request.ParkIfLocked(LockKey.Inode(asked.Inode)))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var error = FileOperations.GetFile(mutation, asked.Inode, out var row);
        AppendRow last = default;
        var isKnown = error == Errno.None && AppendPlaces.TryGetLast(request, mutation, in row, out last);
        if (error != Errno.None)
            request.Reply(error);
        else if (isKnown && last.Run == asked.Run)
            request.Reply(Errno.None, new PlaceAppendReply(last.OffsetBytes));
        else if (isKnown && last.Run > asked.Run)
            request.Reply(Errno.EINVAL);
        else
            Place(request, mutation, in asked, ref row, isKnown);
    }

    private static void Place(NodeRequest request, Mutation mutation, in PlaceAppendRequest asked, ref InodeRow row, bool isKnown)
    {
        var offset = Math.Max(AppendPlaces.Next(request.Node, mutation, ref row, isKnown), asked.AtLeastBytes);
        if (asked.LengthBytes > FileLimits.SizeBytes || offset > FileLimits.SizeBytes - asked.LengthBytes)
        {
            request.Reply(Errno.EFBIG);
            return;
        }

        AppendPlaces.Take(request, mutation, ref row, asked.Run, offset, asked.LengthBytes);
        mutation.PutInode(in row);
        mutation.Commit();
        request.Reply(Errno.None, new PlaceAppendReply(offset));
    }
}
