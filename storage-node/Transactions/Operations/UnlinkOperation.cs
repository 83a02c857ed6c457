using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions.Operations;

/// <summary>unlink(2) of a file whose inode lives in another shard, because it was moved or linked.</summary>
internal sealed class UnlinkOperation : CrossShardOperation
{
    private readonly InodeId _directory;
    private readonly PartitionIndex _partition;
    private readonly byte[] _name;
    private InodeId _removed;

    public UnlinkOperation(NodeRequest request, in RemoveRequest message)
        : base(request)
    {
        _directory = message.Directory;
        _partition = message.Partition;
        _name = message.Name.ToArray();
    }

    public override void StageAnswer(Mutation mutation)
    {
        var hasDirectory = TryGetDirectory(mutation, _directory, out var directory);
        mutation.StageAnswer(Request, Errno.None, new RemoveReply(_removed, hasDirectory, directory, false, default));
    }

    protected override async ValueTask<Errno> PrepareAsync(TransactionAttempt attempt)
    {
        var entry = new RemoveEntryStep { Directory = _directory, Partition = _partition, Name = _name, TimeNs = TimeNs };
        var status = attempt.Begin(entry);
        if (status != Errno.None)
            return status;
        if (entry.Entry.IsDirectory)
            return Errno.EISDIR;

        _removed = entry.Entry.Inode;
        // Nobody can take the link away before this name is unlocked, so nothing can go wrong there: decided first, done then.
        var drop = new DropLinkStep { Inode = _removed, TimeNs = TimeNs };
        if (_removed.Shard == Request.Shard.Id)
            return await attempt.PrepareAsync(new PreparationRound().Add(_removed.Shard, drop));
        attempt.FollowWith(_removed.Shard, drop);
        return Errno.None;
    }
}
