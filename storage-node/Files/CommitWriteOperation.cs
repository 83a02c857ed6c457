using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>Size and times of a file whose chunks were written before.</summary>
internal sealed class CommitWriteOperation(FileData data)
{
    public void Handle(NodeRequest request)
    {
        if (!request.TryRead<CommitWriteRequest>(out var commit) || request.ParkIfLocked(LockKey.Inode(commit.Inode)))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var error = FileOperations.GetFile(mutation, commit.Inode, out var row);
        if (error == Errno.None && commit.SizeAtLeastBytes > FileLimits.SizeBytes)
            error = Errno.EFBIG;
        if (error != Errno.None)
            request.Reply(error);
        else if (InlineGrowth.HasToConvert(data, request, ref row, commit.SizeAtLeastBytes))
            InlineGrowth.ConvertAndRunAgain(data, request, commit.Inode);
        else
            Commit(request, mutation, in commit, ref row);
    }

    private static void Commit(NodeRequest request, Mutation mutation, in CommitWriteRequest commit, ref InodeRow row)
    {
        // What was written before a cut is gone with it.
        var size = commit.Cuts < row.Cuts ? 0 : commit.SizeAtLeastBytes;
        FileOperations.Written(ref row, size, commit.ModifyTimeNs, commit.Flags, request.Node.NowNs);
        row.Attributes.AllocatedBytes = (ulong)Math.Max(0, (long)row.Attributes.AllocatedBytes + commit.AllocatedDeltaBytes);
        mutation.PutInode(in row);
        mutation.Commit();
        request.Reply(Errno.None, new AttributesReply(row.Attributes));
    }
}
