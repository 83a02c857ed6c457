using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions.Operations;

/// <summary>
/// renameat2(2) with NOREPLACE and EXCHANGE. Only the entries move, never an inode. Files: source entry, target entry, what the target stood for, and the
/// change time of what was renamed. A directory that gets another parent also takes the volume's rename lock, and a walk from its new parent to the root
/// must not meet it.
/// </summary>
internal sealed partial class RenameOperation : CrossShardOperation
{
    public const uint NoReplace = 1;
    public const uint Exchange = 2;

    private readonly InodeId _sourceDirectory;
    private readonly PartitionIndex _sourcePartition;
    private readonly byte[] _sourceName;
    private readonly InodeId _targetDirectory;
    private readonly byte[] _targetName;
    private readonly ulong _targetHash;
    private readonly uint _flags;
    private PartitionIndex _targetPartition;
    private InodeId _replaced;

    public RenameOperation(NodeRequest request, in RenameRequest message)
        : base(request)
    {
        _sourceDirectory = message.SourceDirectory;
        _sourcePartition = message.SourcePartition;
        _sourceName = message.SourceName.ToArray();
        _targetDirectory = message.TargetDirectory;
        _targetPartition = message.TargetPartition;
        _targetName = message.TargetName.ToArray();
        _targetHash = PlacementHash.Name(_targetName);
        _flags = message.Flags;
    }

    private bool ChangesParent => _sourceDirectory != _targetDirectory;

    private ShardId TargetShard => PlacementHash.Partition(_targetDirectory, _targetPartition, ShardCount);

    public override void StageAnswer(Mutation mutation)
    {
        var hasSource = TryGetDirectory(mutation, _sourceDirectory, out var source);
        InodeAttributes target = default;
        var hasTarget = ChangesParent && TryGetDirectory(mutation, _targetDirectory, out target);
        mutation.StageAnswer(Request, Errno.None, new RemoveReply(_replaced, hasSource, source, hasTarget, target));
    }

    protected override ValueTask<Errno> PrepareAsync(TransactionAttempt attempt)
    {
        _replaced = InodeId.None;
        if ((_flags & ~(NoReplace | Exchange)) != 0 || _flags == (NoReplace | Exchange))
            return ValueTask.FromResult(Errno.EINVAL);
        return _flags == Exchange ? PrepareExchangeAsync(attempt) : PrepareMoveAsync(attempt);
    }

    private async ValueTask<Errno> PrepareMoveAsync(TransactionAttempt attempt)
    {
        var source = new RemoveEntryStep { Directory = _sourceDirectory, Partition = _sourcePartition, Name = _sourceName, TimeNs = TimeNs, IsMove = true };
        var status = attempt.Begin(source);
        if (status != Errno.None)
            return status;
        if (!ChangesParent && _sourceName.AsSpan().SequenceEqual(_targetName))
            return NothingToDo(attempt, _flags == NoReplace ? Errno.EEXIST : Errno.None);

        var moved = source.Entry;
        var rule = _flags == NoReplace ? EntryRule.New : EntryRule.Replace;
        status = await PrepareTargetAsync(attempt, moved, rule, moved.IsDirectory && ChangesParent);
        if (status != Errno.None)
            return status;
        if (_target!.IsSameInode)
            return NothingToDo(attempt, Errno.None);

        if (moved.IsDirectory && ChangesParent)
            status = await WalkAsync(attempt, _targetDirectory, moved.Inode);
        return status == Errno.None ? await PrepareInodesAsync(attempt, moved, _target.Replaced) : status;
    }

    /// <summary>What was renamed gets its change time and, if need be, its parent; what the target stood for goes.</summary>
    private async ValueTask<Errno> PrepareInodesAsync(TransactionAttempt attempt, DentryRow moved, DentryRow replaced)
    {
        var round = new PreparationRound().Add(moved.Inode.Shard, Renamed(moved, _targetDirectory));
        var removal = _targetRound!;
        // The target's own shard has prepared the removal already when the inode lives there.
        if (!replaced.Inode.IsNone && replaced.Inode.Shard != TargetShard)
        {
            round.Add(replaced.Inode.Shard, PutEntryStep.RemovalOf(replaced, TimeNs));
            removal = round;
        }

        _replaced = replaced.Inode;
        var status = await attempt.PrepareAsync(round);
        return status == Errno.None
            ? await DirectoryRemoval.FreezePartitionsAsync(attempt, removal, ShardCount)
            : DirectoryRemoval.Explain(status);
    }

    private TransactionStep Renamed(DentryRow entry, InodeId parent) => entry.IsDirectory && ChangesParent
        ? new SetParentStep { Directory = entry.Inode, NewParent = parent, TimeNs = TimeNs }
        : new TouchInodeStep { Inode = entry.Inode, TimeNs = TimeNs };

    private static Errno NothingToDo(TransactionAttempt attempt, Errno status)
    {
        attempt.IsNothingToDo = status == Errno.None;
        return status;
    }
}
