using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Appends;

/// <summary>
/// Chooses where appended bytes go, with the gate held: behind the file and behind the room that others were given. The size stays as it is until the bytes are written and committed. Room that a session
/// was given and has not filled is given to others once the session is over, unless bytes lie behind it by then.
/// </summary>
internal static class PlaceAppendOperation
{
    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<PlaceAppendRequest>(out var asked) || request.ParkIfLocked(LockKey.Inode(asked.Inode)))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var error = FileOperations.GetFile(mutation, asked.Inode, out var row);
        AppendRow last = default;
        var isKnown = error == Errno.None && (row.Attributes.Flags & InodeFlags.Appended) != 0 && AppendRow.TryGet(mutation, asked.Inode, request.SessionId, out last);
        if (error != Errno.None)
            request.Reply(error);
        else if (HasOutlived(in asked, isKnown, in last, request.Shard.Verifier))
            request.Reply(Errno.None, new PlaceAppendReply(asked.BelievedBytes, HasOutlived: true));
        else if (isKnown && last.Run == asked.Run)
            request.Reply(Errno.None, new PlaceAppendReply(last.OffsetBytes));
        else if (isKnown && last.Run > asked.Run && !asked.Doubtful.IsKnown)
            request.Reply(Errno.EINVAL);
        else
            Place(request, mutation, in asked, ref row, isKnown, in last);
    }

    /// <summary>
    /// Whether a place that an earlier incarnation of the shard gave is still the session's: a loss of power takes the newest rows, so that everything up to the newest that is left of that incarnation is there.
    /// </summary>
    private static bool HasOutlived(in PlaceAppendRequest asked, bool isKnown, in AppendRow last, WriteVerifier now)
    {
        if (!asked.Doubtful.IsKnown)
            return false;
        if (asked.Doubtful == now)
            return true;
        if (!isKnown)
            return false;
        return asked.Doubtful == last.Verifier ? asked.Run <= last.Run : asked.Doubtful == last.EarlierVerifier && asked.Run <= last.EarlierRun;
    }

    private static void Place(NodeRequest request, Mutation mutation, in PlaceAppendRequest asked, ref InodeRow row, bool isKnown, in AppendRow last)
    {
        if (!isKnown || row.AppendsEndBytes > row.Attributes.SizeBytes)
            ForgetEnded(request.Node, mutation, ref row);
        var offset = Math.Max(row.NextAppendBytes, asked.AtLeastBytes);
        if (asked.LengthBytes > FileLimits.SizeBytes || offset > FileLimits.SizeBytes - asked.LengthBytes)
        {
            request.Reply(Errno.EFBIG);
            return;
        }

        var verifier = request.Shard.Verifier;
        var isLater = isKnown && last.Verifier != verifier;
        var placed = new AppendRow(
            asked.Run,
            offset,
            offset + asked.LengthBytes,
            request.Session.Number,
            verifier,
            isLater ? last.Run : last.EarlierRun,
            isLater ? last.Verifier : last.EarlierVerifier);
        placed.Put(mutation, row.Id, request.SessionId);
        row.Attributes.Flags |= InodeFlags.Appended;
        row.AppendsEndBytes = placed.EndBytes;
        mutation.PutInode(in row);
        mutation.Commit();
        request.Reply(Errno.None, new PlaceAppendReply(offset));
    }

    /// <summary>Sessions that are over write nothing any more: their rows go, and the room that they alone were given.</summary>
    private static void ForgetEnded(NodeContext node, Mutation mutation, ref InodeRow row)
    {
        if ((row.Attributes.Flags & InodeFlags.Appended) == 0)
            return;
        ulong end = 0;
        foreach (var (session, append) in AppendRow.List(mutation, row.Id))
        {
            if (node.Sessions.IsKnownToBeOver(session, append.SessionNumber))
                AppendRow.Delete(mutation, row.Id, session);
            else
                end = Math.Max(end, append.EndBytes);
        }

        row.AppendsEndBytes = Math.Min(row.AppendsEndBytes, end);
    }
}
