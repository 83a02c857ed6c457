using SealFs.Core;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <content>
/// Directories that are made here and whose names may still be lost with the power of the coordinator's node. Files may be made in them meanwhile, which would be
/// lost with them. So whoever relies on something in such a directory waits until its name is certain: fsync, files that are moved or linked into it, and the directories
/// that are made in it. If the name is lost, the directory is removed with what was made in it.
/// </content>
internal sealed partial class ShardTransactions
{
    private readonly Dictionary<InodeId, TransactionPart> _new = [];

    /// <summary>Directories that decisions of this shard have made in others, until those have them on stable storage.</summary>
    private readonly Dictionary<InodeId, Decision> _making = [];

    /// <summary>
    /// How many directories were taken back here. An operation that this shard coordinates holds a directory together with others, which keeps nobody from taking it back: it may
    /// have prepared its own steps in one that is no more, or in one below, and must not be decided after that.
    /// </summary>
    public ulong DirectoriesTakenBack { get; private set; }

    /// <summary>True while there is such a directory. For a hint without the gate.</summary>
    public bool HasNewDirectories => _new.Count != 0;

    /// <summary>True while the name of a directory, or of one above it, is not certain; its coordinator is asked then.</summary>
    public bool IsNew(Mutation mutation, InodeId directory)
    {
        if (MakerOf(mutation, directory) is not { } maker)
            return false;
        Want(maker);
        return true;
    }

    /// <summary>Calls back, from a task, when each directory that is new now has become certain or is gone. False when there is none: nothing is called.</summary>
    public bool WhenNothingIsNew(Action callback)
    {
        if (_new.Count == 0)
            return false;
        var parts = _new.Values.Distinct().ToList();
        var left = parts.Count;
        foreach (var part in parts)
        {
            part.WhenSettled(() =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                    callback();
            });
            Want(part);
        }

        return true;
    }

    /// <summary>The coordinator: the decision when participants may be told. Null when that is later, and <paramref name="later"/> is called then, or never, because it was taken back.</summary>
    public Decision? ToTell(TransactionId transaction, Action later)
    {
        if (!_committed.TryGetValue(transaction, out var decision))
            return null;

        // A shard that has lost the making of a directory must not be told first of its removal, and then make it.
        if (!decision.Removed.IsNone && _making.TryGetValue(decision.Removed, out var making))
        {
            making.WhenEnded(later);
            return null;
        }

        if (decision.MadeIn.IsNone || MakerOf(_shard.Begin(decision.Volume), decision.MadeIn) is not { } maker)
            return decision;
        maker.WhenSettled(later);
        return null;
    }

    /// <summary>The shard is served here no more: nobody waits any longer.</summary>
    public void Leave()
    {
        foreach (var part in _new.Values)
            part.Settle(_shard.Node.Tasks);
    }

    /// <summary>True while a directory that a decision of this shard made may be missing in its own shard, because that has lost it and was not told again yet.</summary>
    public bool IsBeingMade(InodeId directory) => _making.ContainsKey(directory);

    /// <summary>The transaction that made a directory, or one above it in this shard; null when its name is certain.</summary>
    private TransactionPart? MakerOf(Mutation mutation, InodeId directory)
    {
        if (_new.Count == 0)
            return null;
        for (var depth = 0; depth < Limits.AncestorDepth && directory.Shard == _shard.Id; depth++)
        {
            if (_new.TryGetValue(directory, out var maker))
                return maker;
            if (directory.IsRoot || !mutation.TryGetInode(directory, out var row) || !row.IsDirectory)
                return null;
            directory = row.Parent;
        }

        return null;
    }

    private void Want(TransactionPart part)
    {
        if (part.IsResolving)
            return;
        part.IsResolving = true;
        _shard.Node.CrossShard.Resolve(_shard, part.Id);
    }

    private void NoteNew(TransactionPart part)
    {
        foreach (var step in part.Steps)
        {
            if (step is CreateDirectoryStep { IsMade: true } made)
                _new[made.Inode] = part;
        }
    }

    private void Settle(TransactionPart part)
    {
        if (_new.Count == 0)
            return;
        foreach (var step in part.Steps)
        {
            if (step is CreateDirectoryStep made)
                _new.Remove(made.Inode);
        }

        part.Settle(_shard.Node.Tasks);
    }

    /// <summary>Takes back the decisions that made directories in one that is removed because its name was lost. Their participants find out by asking.</summary>
    private List<TransactionId> StageTakenBack(Mutation mutation, TransactionPart aborted)
    {
        var taken = new List<TransactionId>();
        if (!aborted.Steps.Exists(static step => step is CreateDirectoryStep))
            return taken;
        foreach (var decision in _committed.Values)
        {
            if (decision.MadeIn.IsNone || decision.Volume != aborted.Volume || decision.MadeIn.Shard != _shard.Id || mutation.TryGetInode(decision.MadeIn, out _))
                continue;
            TransactionRows.DeleteDecision(mutation, decision.Id);
            taken.Add(decision.Id);
        }

        return taken;
    }
}
