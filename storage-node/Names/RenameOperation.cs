using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>
/// Renames within one shard: both directories whole and here, no directory moved to another parent, and what is replaced (if anything) a file of this shard.
/// Everything else is a transaction.
/// </summary>
internal static class RenameOperation
{
    private const uint NoReplace = 1;
    private const uint Exchange = 2;

    private static readonly Action<NodeRequest> s_acrossShards = static request => request.Node.CrossShard.Rename(request);

    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<RenameRequest>(out var message))
            return;
        if (message.Flags is not (0 or NoReplace or Exchange))
            request.Reply(Errno.EINVAL);
        else if (!IsAddressedHere(request.Shard, in message))
            request.ContinueOutsideGate(s_acrossShards);
        else if (!request.ParkIfEntryLocked(message.SourceDirectory, message.SourceName)
            && !request.ParkIfEntryLocked(message.TargetDirectory, message.TargetName))
            Resolve(request, in message);
    }

    private static bool IsAddressedHere(Shard shard, in RenameRequest message) =>
        message.SourceDirectory.Shard == shard.Id && message.TargetDirectory.Shard == shard.Id;

    private static void Resolve(NodeRequest request, in RenameRequest message)
    {
        var mutation = request.Shard.Begin(request.Volume);
        var status = DirectoryTarget.Resolve(mutation, message.SourceDirectory, message.SourcePartition, message.SourceName, out var source);
        if (status != Errno.None)
        {
            source.Refuse(request, status);
            return;
        }

        status = DirectoryTarget.Resolve(mutation, message.TargetDirectory, message.TargetPartition, message.TargetName, out var target);
        if (status != Errno.None && !target.IsSplit)
            request.Reply(status);
        else if (source.IsSplit || target.IsSplit)
            request.ContinueOutsideGate(s_acrossShards);
        else if (!mutation.TryGetDentry(message.SourceDirectory, message.SourceName, out var moved))
            request.Reply(Errno.ENOENT);
        else
            Decide(request, mutation, in message, ref source, ref target, moved);
    }

    private static void Decide(
        NodeRequest request, Mutation mutation, in RenameRequest message, ref DirectoryTarget source, ref DirectoryTarget target, DentryRow moved)
    {
        var sameDirectory = message.SourceDirectory == message.TargetDirectory;
        var exists = mutation.TryGetDentry(message.TargetDirectory, message.TargetName, out var replaced);
        var refusal = (message.Flags, exists) switch
        {
            (NoReplace, true) => Errno.EEXIST,
            (Exchange, false) => Errno.ENOENT,
            (0, true) when moved.IsDirectory && !replaced.IsDirectory => Errno.ENOTDIR,
            (0, true) when !moved.IsDirectory && replaced.IsDirectory => Errno.EISDIR,
            _ => Errno.None,
        };
        if (refusal != Errno.None)
            request.Reply(refusal);
        else if (exists && moved.Inode == replaced.Inode)
            request.Reply(Errno.None, Answer(default, ref source, ref target, sameDirectory));
        else if (!sameDirectory && (moved.IsDirectory || (exists && replaced.IsDirectory)))
            request.ContinueOutsideGate(s_acrossShards);
        else if (!sameDirectory && (request.Shard.Transactions.IsNew(mutation, message.SourceDirectory) || request.Shard.Transactions.IsNew(mutation, message.TargetDirectory)))
            request.ContinueOutsideGate(s_acrossShards);
        else if (message.Flags == Exchange)
            Swap(request, mutation, in message, ref source, ref target, moved, replaced);
        else if (exists && (replaced.IsDirectory || replaced.Inode.Shard != request.Shard.Id))
            request.ContinueOutsideGate(s_acrossShards);
        else if (!exists && !request.Shard.Leases.MayAdd(message.TargetDirectory, request.SessionId))
            request.Reply(Errno.Busy);
        else if (!IsLocked(request, moved.Inode) && !(exists && IsLocked(request, replaced.Inode)))
            Move(request, mutation, in message, ref source, ref target, moved, exists ? replaced.Inode : default);
    }

    private static bool IsLocked(NodeRequest request, InodeId inode) => inode.Shard == request.Shard.Id && request.ParkIfInodeLocked(inode);

    private static void Move(
        NodeRequest request, Mutation mutation, in RenameRequest message, ref DirectoryTarget source, ref DirectoryTarget target, DentryRow moved, InodeId replaced)
    {
        var now = request.Node.NowNs;
        var sameDirectory = message.SourceDirectory == message.TargetDirectory;
        var added = replaced.IsNone ? 1 : 0;
        var lastNameGone = false;
        mutation.DeleteDentry(message.SourceDirectory, message.SourceName);
        mutation.PutDentry(message.TargetDirectory, message.TargetName, moved);
        source.EntriesChanged(mutation, sameDirectory ? added - 1 : -1, 0, now);
        if (!sameDirectory)
            target.EntriesChanged(mutation, added, 0, now);
        Touch(mutation, moved.Inode, now);
        if (!replaced.IsNone && mutation.TryGetInode(replaced, out var row))
        {
            InodeLinks.Drop(mutation, ref row, now);
            lastNameGone = row.Attributes.LinkCount == 0;
        }

        mutation.Commit(request, Answer(replaced, ref source, ref target, sameDirectory));
        if (lastNameGone)
            request.Node.Contents.Removed();
        if (!sameDirectory && added > 0)
            mutation.EntriesAdded(message.TargetDirectory, message.TargetPartition, target.EntryCount);
    }

    private static void Swap(
        NodeRequest request, Mutation mutation, in RenameRequest message, ref DirectoryTarget source, ref DirectoryTarget target, DentryRow first, DentryRow second)
    {
        if (IsLocked(request, first.Inode) || IsLocked(request, second.Inode))
            return;
        var now = request.Node.NowNs;
        var sameDirectory = message.SourceDirectory == message.TargetDirectory;
        mutation.PutDentry(message.SourceDirectory, message.SourceName, second);
        mutation.PutDentry(message.TargetDirectory, message.TargetName, first);
        source.EntriesChanged(mutation, 0, 0, now);
        if (!sameDirectory)
            target.EntriesChanged(mutation, 0, 0, now);
        Touch(mutation, first.Inode, now);
        Touch(mutation, second.Inode, now);
        mutation.Commit(request, Answer(default, ref source, ref target, sameDirectory));
    }

    /// <summary>
    /// The change time of what was renamed, when its inode is here. POSIX leaves it open; another shard is not asked for the sake of it.
    /// </summary>
    private static void Touch(Mutation mutation, InodeId inode, long now)
    {
        if (inode.Shard != mutation.Shard.Id || !mutation.TryGetInode(inode, out var row))
            return;
        row.Changed(now);
        mutation.PutInode(in row);
    }

    private static RemoveReply Answer(InodeId removed, ref DirectoryTarget source, ref DirectoryTarget target, bool sameDirectory) =>
        new(removed, true, source.Attributes, !sameDirectory, sameDirectory ? default : target.Attributes);
}
