using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Appends;

/// <summary>
/// Where appended bytes go: behind the file and behind the room that others were given. With the gate held. Room that a session was given and has not filled is given to others once the session is over, unless
/// bytes lie behind it by then.
/// </summary>
internal static class AppendPlaces
{
    /// <summary>The last run of the request's session in a file.</summary>
    public static bool TryGetLast(NodeRequest request, Mutation mutation, in InodeRow row, out AppendRow last)
    {
        last = default;
        return (row.Attributes.Flags & InodeFlags.Appended) != 0 && AppendRow.TryGet(mutation, row.Id, request.SessionId, out last);
    }

    /// <summary>The end of the file and of what was given to sessions that are not over.</summary>
    public static ulong Next(NodeContext node, Mutation mutation, ref InodeRow row, bool isKnown)
    {
        if (!isKnown || row.AppendsEndBytes > row.Attributes.SizeBytes)
            ForgetEnded(node, mutation, ref row);
        return row.NextAppendBytes;
    }

    /// <summary>Stages that a run has its place here. The size stays: the caller's commit, or a later one, raises it.</summary>
    public static void Take(NodeRequest request, Mutation mutation, ref InodeRow row, ulong run, ulong offset, ulong length)
    {
        new AppendRow(run, offset, offset + length, request.Session.Number).Put(mutation, row.Id, request.SessionId);
        row.Attributes.Flags |= InodeFlags.Appended;
        row.AppendsEndBytes = offset + length;
    }

    /// <summary>As a PlaceAppend, when its answer would be this place. False: it would be another, and nothing was staged.</summary>
    public static bool TryTake(NodeRequest request, Mutation mutation, ref InodeRow row, ulong run, ulong offset, ulong length)
    {
        var isKnown = TryGetLast(request, mutation, in row, out var last);
        if (isKnown && last.Run == run)
            return last.OffsetBytes == offset && last.EndBytes == offset + length;
        var taken = row;
        if ((isKnown && last.Run > run) || Next(request.Node, mutation, ref taken, isKnown) != offset)
            return false;
        row = taken;
        Take(request, mutation, ref row, run, offset, length);
        return true;
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
