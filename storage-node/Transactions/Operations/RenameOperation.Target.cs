using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions.Operations;

/// <summary>The target entry, the exchange of two entries, and the walk that prevents loops.</summary>
internal sealed partial class RenameOperation
{
    private PreparationRound? _targetRound;
    private PutEntryStep? _target;

    /// <summary>
    /// Prepares the target entry, with the rename lock beside it when one is needed. A client's wrong guess at the target's partition is put right here: the
    /// hint of the answer would not say which of the two names it is about.
    /// </summary>
    private async ValueTask<Errno> PrepareTargetAsync(TransactionAttempt attempt, DentryRow moved, EntryRule rule, bool needsRenameLock)
    {
        _targetRound = new PreparationRound().Add(TargetShard, new PutEntryStep
        {
            Directory = _targetDirectory,
            Partition = _targetPartition,
            Name = _targetName,
            Inode = moved.Inode,
            Mode = moved.Mode,
            TimeNs = TimeNs,
            Rule = rule,
        });
        if (needsRenameLock)
            _targetRound.Add(PlacementHash.Volume(Volume, ShardCount), new TakeRenameLockStep());
        var status = await attempt.PrepareAsync(_targetRound);
        if (status == Errno.WrongPartition)
        {
            _targetPartition = DirectoryPartitions.Correct(_targetHash, _targetPartition, attempt.HintDepth);
            return Errno.EAGAIN;
        }

        if (status == Errno.None)
            _target = _targetRound.Result<PutEntryStep>();
        return status;
    }

    private async ValueTask<Errno> PrepareExchangeAsync(TransactionAttempt attempt)
    {
        if (!ChangesParent && _sourceName.AsSpan().SequenceEqual(_targetName))
            return await CheckSourceAsync(attempt);

        var source = new PutEntryStep
        {
            Directory = _sourceDirectory,
            Partition = _sourcePartition,
            Name = _sourceName,
            Inode = InodeId.None,
            Mode = 0,
            TimeNs = TimeNs,
            Rule = EntryRule.Existing,
        };
        var status = attempt.Begin(source);
        if (status != Errno.None)
            return status;
        status = await PrepareTargetAsync(attempt, source.Replaced, EntryRule.Existing, ChangesParent);
        if (status != Errno.None)
            return status;

        var (first, second) = (source.Replaced, _target!.Replaced);
        if (first.Inode == second.Inode)
            return NothingToDo(attempt, Errno.None);
        source.Inode = second.Inode;
        source.Mode = second.Mode;
        status = await WalkBothAsync(attempt, first, second);
        if (status != Errno.None)
            return status;
        var round = new PreparationRound()
            .Add(first.Inode.Shard, Renamed(first, _targetDirectory))
            .Add(second.Inode.Shard, Renamed(second, _sourceDirectory));
        return DirectoryRemoval.Explain(await attempt.PrepareAsync(round));
    }

    /// <summary>Exchanging a name with itself succeeds when it is there.</summary>
    private ValueTask<Errno> CheckSourceAsync(TransactionAttempt attempt)
    {
        var source = new RemoveEntryStep { Directory = _sourceDirectory, Partition = _sourcePartition, Name = _sourceName, TimeNs = TimeNs };
        var status = attempt.Begin(source);
        return ValueTask.FromResult(status == Errno.None ? NothingToDo(attempt, status) : status);
    }

    private async ValueTask<Errno> WalkBothAsync(TransactionAttempt attempt, DentryRow first, DentryRow second)
    {
        if (!ChangesParent)
            return Errno.None;
        var status = first.IsDirectory ? await WalkAsync(attempt, _targetDirectory, first.Inode) : Errno.None;
        if (status == Errno.None && second.IsDirectory)
            status = await WalkAsync(attempt, _sourceDirectory, second.Inode);
        return status;
    }

    /// <summary>
    /// From a directory up to the root; EINVAL when <paramref name="moved"/> is on the way. No parent on it can change meanwhile, since the rename lock is
    /// held. A parent that an earlier rename has not written yet is locked: Busy.
    /// </summary>
    private static async ValueTask<Errno> WalkAsync(TransactionAttempt attempt, InodeId from, InodeId moved)
    {
        var directory = from;
        for (var depth = 0; depth < Limits.AncestorDepth; depth++)
        {
            if (directory == moved)
                return Errno.EINVAL;
            if (directory.IsRoot)
                return Errno.None;
            var (status, parent) = await attempt.ReadParentAsync(directory);
            if (status != Errno.None)
                return status;
            directory = parent;
        }

        return Errno.ELOOP;
    }
}
