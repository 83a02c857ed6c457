using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions.Operations;

/// <summary>rmdir(2): the entry here, the inode in its own shard, and every further partition wherever it lives; all of them must be empty.</summary>
internal sealed class RmdirOperation : CrossShardOperation
{
    private readonly InodeId _directory;
    private readonly PartitionIndex _partition;
    private readonly byte[] _name;
    private InodeId _removed;

    public RmdirOperation(NodeRequest request, in RemoveRequest message)
        : base(request)
    {
        _directory = message.Directory;
        _partition = message.Partition;
        _name = message.Name.ToArray();
    }

    /// <summary>What is still there of a removed directory is without a name. What comes back in it with a lost removal is removed again.</summary>
    public override bool CanBeDoneAgain => true;

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
        if (!entry.Entry.IsDirectory)
            return Errno.ENOTDIR;

        _removed = entry.Entry.Inode;
        var round = new PreparationRound().Add(_removed.Shard, new RemoveDirectoryStep { Directory = _removed, TimeNs = TimeNs });
        status = await attempt.PrepareAsync(round);
        if (status == Errno.ENOENT && attempt.IsBeingMade(_removed))
            return Errno.Busy;
        return status == Errno.None ? await DirectoryRemoval.FreezePartitionsAsync(attempt, round, ShardCount) : DirectoryRemoval.Explain(status);
    }
}
